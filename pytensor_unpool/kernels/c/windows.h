// The arithmetic of windows, as in pytensor_unpool/geometry/windows.py, and a walk over their taps.
#ifndef PYTENSOR_UNPOOL_WINDOWS_H
#define PYTENSOR_UNPOOL_WINDOWS_H

namespace pytensor_unpool {

struct Row {
    npy_intp window, stride, before, after, dilation;
};

// The windows of the last axes of an array.
struct Windows {
    int ndim;
    bool partial;
    Row rows[MOST_AXES];
    npy_intp counts[MOST_AXES];
};

static inline npy_intp count_windows(npy_intp length, const Row& r, bool partial) {
    npy_intp room = length + r.before + r.after - (r.window - 1) * r.dilation - 1;
    if (!partial) return floor_divide(room, r.stride) + 1;
    npy_intp steps = room > 0 ? ceil_divide(room, r.stride) : 0;
    return at_most(steps, (length + r.before - 1) / r.stride) + 1;
}

static inline bool holds_windows(npy_intp length, const Row& r, bool partial) {
    if (r.window < 1 || r.stride < 1 || r.dilation < 1 || length < 1) return false;
    const npy_intp largest = 2147483647;  // The product of two still fits.
    if (r.window > largest || r.stride > largest || r.dilation > largest) return false;
    if (r.before > largest || r.after > largest) return false;
    npy_intp span = (r.window - 1) * r.dilation + 1;
    if (r.before < 0 || r.after < 0 || r.before >= span || r.after >= span) return false;
    if (length + r.before + r.after < span && !partial) return false;
    if (length < r.dilation && r.before > 0) {
        npy_intp end = count_windows(length, r, partial) * r.stride - r.before;
        for (npy_intp start = -r.before; start < at_most(0, end); start += r.stride)
            if (start - floor_divide(start, r.dilation) * r.dilation >= length) return false;
    }
    return true;
}

// The number in C order of an element of axes of these lengths.
static inline npy_intp place_of(const npy_intp* lengths, int n, const npy_intp* at) {
    npy_intp place = 0;
    for (int i = 0; i < n; ++i) place = place * lengths[i] + at[i];
    return place;
}

// How many taps of window `number` lie at coordinates from `low` to before `high`.
static inline npy_intp taps_between(npy_intp number, const Row& r, npy_intp low, npy_intp high) {
    npy_intp start = number * r.stride - r.before;
    npy_intp first = at_least(0, ceil_divide(low - start, r.dilation));
    npy_intp last = at_most(r.window - 1, floor_divide(high - 1 - start, r.dilation));
    return last - first + 1;
}

// The windows of an axis that have all taps inside.
static inline void whole_windows(
    const Row& r, npy_intp length, npy_intp count, npy_intp* low, npy_intp* high
) {
    *low = at_most(count, ceil_divide(r.before, r.stride));
    npy_intp reach = length - 1 - (r.window - 1) * r.dilation + r.before;
    *high = at_least(*low, at_most(count, floor_divide(reach, r.stride) + 1));
}

// Check the windows of the last axes of a shape, and count them. An axis without elements has none,
// if it `may_be_empty`.
static inline Problem place_windows(
    Windows* windows, const npy_intp* lengths, bool may_be_empty = false
) {
    int n = windows->ndim;
    for (int i = 0; i < n; ++i) {
        const Row& r = windows->rows[i];
        if (may_be_empty && lengths[i] == 0) {
            windows->counts[i] = 0;
            continue;
        }
        if (!holds_windows(lengths[i], r, windows->partial)) {
            Problem problem = {
                "WindowError",
                {i - n, lengths[i], r.window, r.stride, r.before, r.after, r.dilation}
            };
            return problem;
        }
        windows->counts[i] = count_windows(lengths[i], r, windows->partial);
    }
    return NONE;
}

// The element `index` of all axes but the last points at, and then element 0 of that.
static inline char* row_of(const View& view, const npy_intp* index) {
    char* row = view.data;
    for (int i = 0; i < view.ndim - 1; ++i) row += index[i] * view.strides[i];
    return row;
}

// How many columns are held in scratch rows, so that these are short and near.
const npy_intp COLUMNS = 4096;

// The row that tap `tap` of the windows at `index` lies in, both of all axes but the last: its
// place among the rows of the plane, its offset in bytes; or whether it is outside.
static inline bool row_at(
    const Windows& windows, const npy_intp* lengths, const npy_intp* strides, const npy_intp* index,
    const npy_intp* tap, npy_intp* place, npy_intp* offset
) {
    *place = *offset = 0;
    for (int i = 0; i < windows.ndim - 1; ++i) {
        const Row& r = windows.rows[i];
        npy_intp at = index[i] * r.stride - r.before + tap[i] * r.dilation;
        if (at < 0 || at >= lengths[i]) return false;
        *place = *place * lengths[i] + at;
        *offset += at * strides[i];
    }
    return true;
}

// Steps through the taps, and the windows, of all axes but the last.
struct OuterViews {
    View taps, outputs;

    OuterViews(const Windows& windows) {
        for (int i = 0; i < windows.ndim; ++i) {
            taps.shape[i] = windows.rows[i].window;
            outputs.shape[i] = windows.counts[i];
            taps.strides[i] = outputs.strides[i] = 0;
        }
    }
};

// Brings every tap of a plane together with all windows of a row that have it inside:
// visit(line, place, shift, low, high, index). `line` is the row of the plane that the tap is in,
// `place` its first element counted in C order; window number w of those at `index` of all axes but
// the last has the tap at element w * stride + shift of it, for low <= w < high. For each window
// the taps come in C order.
template <typename Visit>
static void walk_taps(const Windows& windows, const View& plane, Visit& visit) {
    const int n = windows.ndim;
    const Row& last = windows.rows[n - 1];
    const npy_intp length = plane.shape[n - 1], count = windows.counts[n - 1];
    View outputs, taps;
    for (int i = 0; i < n; ++i) {
        outputs.shape[i] = windows.counts[i];
        taps.shape[i] = windows.rows[i].window;
        outputs.strides[i] = taps.strides[i] = 0;
    }
    Walk output(outputs, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step()) {
        Walk tap(taps, n - 1);
        for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
            npy_intp place = 0, offset = 0;
            bool inside = true;
            for (int i = 0; i < n - 1; ++i) {
                const Row& r = windows.rows[i];
                npy_intp at = output.index[i] * r.stride - r.before + tap.index[i] * r.dilation;
                inside = inside && at >= 0 && at < plane.shape[i];
                place = place * plane.shape[i] + at;
                offset += at * plane.strides[i];
            }
            if (!inside) continue;
            for (npy_intp k = 0; k < last.window; ++k) {
                npy_intp shift = k * last.dilation - last.before;
                npy_intp low = at_least(0, ceil_divide(-shift, last.stride));
                npy_intp high = at_most(count, floor_divide(length - 1 - shift, last.stride) + 1);
                visit(plane.data + offset, place * length, shift, low, high, output.index);
            }
        }
    }
}

}  // namespace pytensor_unpool

#endif
