// A walk over windows with all their taps unrolled, in blocks and one by one: few taps, known when
// this is compiled, on up to three axes. As in pytensor_unpool/kernels/numba.
#ifndef PYTENSOR_UNPOOL_UNROLLED_H
#define PYTENSOR_UNPOOL_UNROLLED_H

namespace pytensor_unpool {

// One pooled axis, known when this is compiled.
template <int WINDOW, int STRIDE, int BEFORE, int AFTER, int DILATION>
struct Axis {
    static constexpr int window = WINDOW, stride = STRIDE, before = BEFORE, dilation = DILATION;

    // The first and the last tap inside; the others are replaced by the nearest of them. They are
    // then seen twice, which changes neither the maximum nor which element is the first to be it.
    static npy_intp first(npy_intp start) { return at_least(0, ceil_divide(-start, DILATION)); }
    static npy_intp last(npy_intp start, npy_intp length) {
        return at_most(WINDOW - 1, floor_divide(length - 1 - start, DILATION));
    }

    // Of window number `number`: a tap or the nearest one inside, and the coordinate of a tap.
    static npy_intp nearest(npy_intp number, npy_intp tap, npy_intp length) {
        npy_intp start = number * STRIDE - BEFORE;
        return at_most(at_least(tap, first(start)), last(start, length));
    }
    static npy_intp at(npy_intp number, npy_intp tap) {
        return number * STRIDE - BEFORE + tap * DILATION;
    }
};

// The last three axes of a view; missing ones have length 1.
struct Grid {
    char* data;
    npy_intp lengths[3], strides[3];

    explicit Grid(const View& view) : data(view.data), lengths{1, 1, 1}, strides{0, 0, 0} {
        for (int i = 0; i < view.ndim; ++i) {
            lengths[3 - view.ndim + i] = view.shape[i];
            strides[3 - view.ndim + i] = view.strides[i];
        }
    }

    char* line(npy_intp a, npy_intp b) const { return data + a * strides[0] + b * strides[1]; }
};

// The lines of the plane that a line of windows has its taps in: where they are in memory, and the
// numbers of their first taps, or of their first elements counted from `place`. A line outside is
// replaced by the nearest one inside.
template <int LINES>
struct Lines {
    char* data[LINES];
    npy_intp number[LINES], place;
};

// Which window it is, by axes and counted in C order in its plane.
struct WindowIndex {
    npy_intp a, b, c, at;
};

// Where a window starts on its last axis, and its first and last tap inside.
struct Ends {
    npy_intp start, first, last;
};

// The numbers of windows on three axes.
struct Counts {
    npy_intp of[3];

    explicit Counts(const Windows& windows) : of{1, 1, 1} {
        for (int i = 0; i < windows.ndim; ++i) of[3 - windows.ndim + i] = windows.counts[i];
    }

    npy_intp operator[](int axis) const { return of[axis]; }
};

// Windows from `low` to `high` lie inside on their last axis, at all of their taps.
template <typename C>
static inline void find_inside(npy_intp length, npy_intp count, npy_intp* low, npy_intp* high) {
    npy_intp reach = length - 1 - (C::window - 1) * (npy_intp)C::dilation + C::before;
    *low = at_most(count, ceil_divide(C::before, C::stride));
    *high = at_least(*low, at_most(count, floor_divide(reach, C::stride) + 1));
}

// Calls visit.line(lines, index) for every line of windows, then visit.block(lines, start, index)
// for LANES neighbouring windows of it, where it can: they lie inside on the last axis, where the first
// of them starts at `start`, their elements are neighbours in memory, and `visit.in_blocks`. Some
// windows are in two blocks. For every other window it calls visit.window(lines, ends, stride,
// index), `stride` that of the last axis.
// Taps are numbered by the taps of a window, or by the elements of the plane, in C order.
template <typename A, typename B, typename C, bool BY_TAPS, typename Visit>
static void walk_unrolled(
    const Windows& windows, const View& view, npy_intp itemsize, Visit& visit
) {
    constexpr int count_lines = A::window * B::window;
    const Grid plane(view);
    const npy_intp* lengths = plane.lengths;
    const Counts counts(windows);
    npy_intp low, high;
    find_inside<C>(lengths[2], counts[2], &low, &high);
    npy_intp reach = (A::window - 1) * (npy_intp)A::dilation * lengths[1];
    reach = (reach + (B::window - 1) * (npy_intp)B::dilation) * lengths[2];
    bool is_countable = BY_TAPS || reach + (C::window - 1) * C::dilation <= INT32_MAX;
    if (!visit.in_blocks || high - low < LANES || plane.strides[2] != itemsize || !is_countable)
        high = low;
    for (npy_intp a = 0; a < counts[0]; ++a)
        for (npy_intp b = 0; b < counts[1]; ++b) {
            Lines<count_lines> lines;
            const npy_intp at = (a * counts[1] + b) * counts[2];
            for (int i = 0; i < count_lines; ++i) {
                npy_intp tap_a = A::nearest(a, i / B::window, lengths[0]);
                npy_intp tap_b = B::nearest(b, i % B::window, lengths[1]);
                npy_intp at_a = A::at(a, tap_a), at_b = B::at(b, tap_b);
                npy_intp place = (at_a * lengths[1] + at_b) * lengths[2];
                if (i == 0) lines.place = BY_TAPS ? 0 : place;
                lines.number[i] =
                    BY_TAPS ? (tap_a * B::window + tap_b) * C::window : place - lines.place;
                lines.data[i] = plane.line(at_a, at_b);
            }
            visit.line(lines, WindowIndex{a, b, 0, at});
            // If they do not divide, the last block overlaps the one before.
            for (npy_intp i = low; i < high; i += LANES) {
                npy_intp c = at_most(i, high - LANES);
                visit.block(lines, c * C::stride - C::before, WindowIndex{a, b, c, at + c});
            }
            for (npy_intp i = 0; i < counts[2] - (high - low); ++i) {
                npy_intp c = i < low ? i : i + high - low, start = c * C::stride - C::before;
                Ends ends = {start, C::first(start), C::last(start, lengths[2])};
                visit.window(lines, ends, plane.strides[2], WindowIndex{a, b, c, at + c});
            }
        }
}

// The same for an item whose first axis is that of the channels, and all windows one by one: calls
// visit.window(taps, index), where `taps` are the lines of the window's taps.
template <typename A, typename B, typename C, bool BY_TAPS, typename Visit>
static void walk_unrolled_channels(const Windows& windows, const View& item, Visit& visit) {
    constexpr int count_taps = A::window * B::window * C::window;
    const Grid pooled(item.trailing(windows.ndim, 0));
    const Counts counts(windows);
    const npy_intp* lengths = pooled.lengths;
    npy_intp at = 0;
    for (npy_intp a = 0; a < counts[0]; ++a)
        for (npy_intp b = 0; b < counts[1]; ++b)
            for (npy_intp c = 0; c < counts[2]; ++c, ++at) {
                Lines<count_taps> taps;
                taps.place = 0;
                for (int i = 0; i < count_taps; ++i) {
                    npy_intp tap_a = A::nearest(a, i / (B::window * C::window), lengths[0]);
                    npy_intp tap_b = B::nearest(b, i / C::window % B::window, lengths[1]);
                    npy_intp tap_c = C::nearest(c, i % C::window, lengths[2]);
                    npy_intp at_a = A::at(a, tap_a), at_b = B::at(b, tap_b), at_c = C::at(c, tap_c);
                    taps.number[i] = BY_TAPS
                                         ? (tap_a * B::window + tap_b) * C::window + tap_c
                                         : (at_a * lengths[1] + at_b) * lengths[2] + at_c;
                    taps.data[i] = pooled.line(at_a, at_b) + at_c * pooled.strides[2];
                }
                visit.window(taps, WindowIndex{a, b, c, at});
            }
}

}  // namespace pytensor_unpool

#endif
