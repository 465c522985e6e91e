// The arithmetic of windows, as in pytensor_unpool/geometry/windows.py, and a walk over their taps.
#ifndef PYTENSOR_UNPOOL_WINDOWS_H
#define PYTENSOR_UNPOOL_WINDOWS_H

namespace pytensor_unpool {

// The windows of one axis.
struct AxisWindows {
    npy_intp window, stride, before, after, dilation;
};

// The windows of the last axes of an array.
struct Windows {
    int ndim;
    bool partial;
    AxisWindows axes[MOST_AXES];
    npy_intp counts[MOST_AXES];
};

static inline npy_intp count_windows(npy_intp length, const AxisWindows& axis, bool partial) {
    npy_intp room = length + axis.before + axis.after - (axis.window - 1) * axis.dilation - 1;
    if (!partial) return floor_divide(room, axis.stride) + 1;
    npy_intp steps = room > 0 ? ceil_divide(room, axis.stride) : 0;
    return at_most(steps, (length + axis.before - 1) / axis.stride) + 1;
}

static inline bool holds_windows(npy_intp length, const AxisWindows& axis, bool partial) {
    if (axis.window < 1 || axis.stride < 1 || axis.dilation < 1 || length < 1) return false;
    const npy_intp window_or_step = at_least(axis.window, at_least(axis.stride, axis.dilation));
    if (at_least(window_or_step, at_least(axis.before, axis.after)) > LARGEST_NUMBER) return false;
    npy_intp span = (axis.window - 1) * axis.dilation + 1;
    if (axis.before < 0 || axis.after < 0) return false;
    if (axis.before >= span || axis.after >= span) return false;
    if (length + axis.before + axis.after < span && !partial) return false;
    if (length < axis.dilation && axis.before > 0) {
        npy_intp end = count_windows(length, axis, partial) * axis.stride - axis.before;
        for (npy_intp start = -axis.before; start < at_most(0, end); start += axis.stride)
            if (start - floor_divide(start, axis.dilation) * axis.dilation >= length) return false;
    }
    return true;
}

// The index of an element in the flattened axes, as numpy.ravel_multi_index gives it.
static inline npy_intp flat_index(const npy_intp* lengths, int n, const npy_intp* at) {
    npy_intp flat = 0;
    for (int i = 0; i < n; ++i) flat = flat * lengths[i] + at[i];
    return flat;
}

// How many taps of window `number` lie at coordinates from `low` to before `high`.
static inline npy_intp taps_between(
    npy_intp number, const AxisWindows& axis, npy_intp low, npy_intp high
) {
    npy_intp start = number * axis.stride - axis.before;
    npy_intp first = at_least(0, ceil_divide(low - start, axis.dilation));
    npy_intp last = at_most(axis.window - 1, floor_divide(high - 1 - start, axis.dilation));
    return last - first + 1;
}

// The windows of an axis that have all taps inside.
static inline void whole_windows(
    const AxisWindows& axis, npy_intp length, npy_intp count, npy_intp* low, npy_intp* high
) {
    *low = at_most(count, ceil_divide(axis.before, axis.stride));
    npy_intp reach = length - 1 - (axis.window - 1) * axis.dilation + axis.before;
    *high = at_least(*low, at_most(count, floor_divide(reach, axis.stride) + 1));
}

// Check the windows of the last axes of a shape, and count them. An axis without elements has none,
// if it `may_be_empty`.
static inline Problem place_windows(
    Windows* windows, const npy_intp* lengths, bool may_be_empty = false
) {
    int n = windows->ndim;
    for (int i = 0; i < n; ++i) {
        const AxisWindows& axis = windows->axes[i];
        if (may_be_empty && lengths[i] == 0) {
            windows->counts[i] = 0;
            continue;
        }
        if (!holds_windows(lengths[i], axis, windows->partial)) {
            Problem problem = {
                "WindowError",
                {i - n, lengths[i], axis.window, axis.stride, axis.before, axis.after,
                 axis.dilation}
            };
            return problem;
        }
        windows->counts[i] = count_windows(lengths[i], axis, windows->partial);
    }
    return NONE;
}

// The first element of the line at an index of all axes but the last. A line runs along the
// last axis of a view.
static inline char* line_at(const View& view, const npy_intp* index) {
    char* line = view.data;
    for (int i = 0; i < view.ndim - 1; ++i) line += index[i] * view.strides[i];
    return line;
}

// Find the line that tap `tap` of the windows at `index` lies in, both of all axes but the last:
// its number among the lines of the plane, and its offset in bytes. Return whether it is inside.
static inline bool find_line(
    const Windows& windows, const npy_intp* lengths, const npy_intp* strides, const npy_intp* index,
    const npy_intp* tap, npy_intp* number, npy_intp* offset
) {
    *number = *offset = 0;
    for (int i = 0; i < windows.ndim - 1; ++i) {
        const AxisWindows& axis = windows.axes[i];
        npy_intp at = index[i] * axis.stride - axis.before + tap[i] * axis.dilation;
        if (at < 0 || at >= lengths[i]) return false;
        *number = *number * lengths[i] + at;
        *offset += at * strides[i];
    }
    return true;
}

// Steps through the taps, and the windows, of all axes but the last.
struct OuterViews {
    View taps, outputs;

    OuterViews(const Windows& windows) {
        for (int i = 0; i < windows.ndim; ++i) {
            taps.shape[i] = windows.axes[i].window;
            outputs.shape[i] = windows.counts[i];
            taps.strides[i] = outputs.strides[i] = 0;
        }
    }
};

// Visits every tap with all windows of a line that have it inside:
// visit(line, line_start, shift, low, high, index). The tap is in `line` of the plane, whose first
// element has the flat index `line_start`; window number w of those at `index` of all axes but the
// last has it at element w * stride + shift, for low <= w < high. For each window the taps come in
// C order.
template <typename Visit>
static void walk_taps(const Windows& windows, const View& plane, Visit& visit) {
    const int n = windows.ndim;
    const AxisWindows& last = windows.axes[n - 1];
    const npy_intp length = plane.shape[n - 1], count = windows.counts[n - 1];
    View outputs, taps;
    for (int i = 0; i < n; ++i) {
        outputs.shape[i] = windows.counts[i];
        taps.shape[i] = windows.axes[i].window;
        outputs.strides[i] = taps.strides[i] = 0;
    }
    Walk output(outputs, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step()) {
        Walk tap(taps, n - 1);
        for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
            npy_intp number, offset;
            if (!find_line(windows, plane.shape, plane.strides, output.index, tap.index, &number,
                           &offset))
                continue;
            for (npy_intp k = 0; k < last.window; ++k) {
                npy_intp shift = k * last.dilation - last.before;
                npy_intp low = at_least(0, ceil_divide(-shift, last.stride));
                npy_intp high = at_most(count, floor_divide(length - 1 - shift, last.stride) + 1);
                visit(plane.data + offset, number * length, shift, low, high, output.index);
            }
        }
    }
}

}  // namespace pytensor_unpool

#endif
