// Windows as rows, and rows added up into windows.
#ifndef PYTENSOR_UNPOOL_NEIGHBOURS_H
#define PYTENSOR_UNPOOL_NEIGHBOURS_H

namespace pytensor_unpool {

// The number of taps of a window, those outside the array counted.
static inline Problem count_taps(const Windows& windows, npy_intp* taps) {
    *taps = 1;
    for (int i = 0; i < windows.ndim; ++i) {
        npy_intp window = windows.axes[i].window;
        if (*taps > INT64_MAX / window)
            return length_problem(TOO_MANY_TAPS, i - windows.ndim, window, 0);
        *taps *= window;
    }
    return NONE;
}

// What happens to a tap that is `element` of the plane, and to one that lies in a border of zeros.
template <typename T>
struct Take {
    void move(char* element, char* tap) const { *(T*)tap = *(const T*)element; }
    void leave(char* tap) const { *(T*)tap = 0; }
};

template <typename T>
struct Add {
    void move(char* element, char* tap) const { *(T*)element += *(const T*)tap; }
    void leave(char* tap) const {}
};

static inline npy_intp wrapped(npy_intp at, npy_intp length) {
    return at - floor_divide(at, length) * length;
}

// Visits the taps of a row of windows, at one place of all axes but the last, with the elements of a
// row of the plane.
template <int WINDOW, bool WRAPS, typename Move>
struct LineOfWindows {
    Move move;
    AxisWindows axis;
    npy_intp length, count, low, high, element_stride, row_stride, tap_stride;

    LineOfWindows(const Windows& windows, const View& plane, const View& rows) {
        const int last = windows.ndim - 1;
        axis = windows.axes[last];
        // The compiler unrolls loops as long as a window where it sees how long it is.
        if (WINDOW) axis.window = WINDOW;
        length = plane.shape[last];
        count = windows.counts[last];
        element_stride = plane.strides[last];
        row_stride = rows.strides[last];
        tap_stride = rows.strides[last + 1];
        // The windows that lie inside with all their taps: low <= number < high.
        npy_intp room = length - 1 + axis.before - (axis.window - 1) * axis.dilation;
        low = at_most(count, ceil_divide(axis.before, axis.stride));
        high = at_least(low, at_most(count, floor_divide(room, axis.stride) + 1));
    }

    void inside(char* line, char* rows) const {
        const npy_intp window = WINDOW ? WINDOW : axis.window;
        for (npy_intp number = low; number < high; ++number) {
            char* element = line + (number * axis.stride - axis.before) * element_stride;
            char* tap = rows + number * row_stride;
            for (npy_intp k = 0; k < window; ++k)
                move.move(element + k * axis.dilation * element_stride, tap + k * tap_stride);
        }
        at_border(line, rows, 0, low);
        at_border(line, rows, high, count);
    }

    void at_border(char* line, char* rows, npy_intp begin, npy_intp end) const {
        for (npy_intp number = begin; number < end; ++number) {
            for (npy_intp k = 0; k < axis.window; ++k) {
                npy_intp at = number * axis.stride - axis.before + k * axis.dilation;
                if (WRAPS) at = wrapped(at, length);
                char* tap = rows + number * row_stride + k * tap_stride;
                if (at >= 0 && at < length)
                    move.move(line + at * element_stride, tap);
                else
                    move.leave(tap);
            }
        }
    }

    void outside(char* rows) const {
        for (npy_intp number = 0; number < count; ++number)
            for (npy_intp k = 0; k < axis.window; ++k)
                move.leave(rows + number * row_stride + k * tap_stride);
    }
};

// All taps of all windows of a plane. `rows` has the axes of windows, and one of their taps.
template <int WINDOW, bool WRAPS, typename Move>
static void walk_rows(const Windows& windows, const View& plane, const View& rows) {
    const int n = windows.ndim;
    const LineOfWindows<WINDOW, WRAPS, Move> row(windows, plane, rows);
    View taps;
    for (int i = 0; i < n; ++i) {
        taps.shape[i] = windows.axes[i].window;
        taps.strides[i] = 0;
    }
    Walk output(rows, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step()) {
        char* first = rows.data + output.offset;
        Walk tap(taps, n - 1);
        for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
            npy_intp offset = 0;
            bool is_inside = true;
            for (int i = 0; i < n - 1; ++i) {
                const AxisWindows& axis = windows.axes[i];
                npy_intp at = output.index[i] * axis.stride - axis.before;
                at += tap.index[i] * axis.dilation;
                if (WRAPS) at = wrapped(at, plane.shape[i]);
                is_inside = is_inside && at >= 0 && at < plane.shape[i];
                offset += at * plane.strides[i];
            }
            if (is_inside)
                row.inside(plane.data + offset, first);
            else
                row.outside(first);
            first += row.axis.window * row.tap_stride;
        }
    }
}

// Fill `rows` with the taps of all windows of every leading item of `x`.
template <int WINDOW, bool WRAPS, typename T>
static void windows_to_rows(const Windows& windows, const View& x, const View& rows) {
    const int n = windows.ndim;
    Walk from(x, x.ndim - n), to(rows, x.ndim - n);
    for (npy_intp items = from.rounds(); items > 0; --items, from.step(), to.step())
        walk_rows<WINDOW, WRAPS, Take<T> >(
            windows, x.trailing(n, from.offset), rows.trailing(n + 1, to.offset)
        );
}

// Add all taps to their places in `y`, a contiguous array, first set to zero.
template <int WINDOW, bool WRAPS, typename T>
static void rows_to_windows(const Windows& windows, const View& rows, const View& y) {
    const int n = windows.ndim;
    Walk from(rows, y.ndim - n), to(y, y.ndim - n);
    const npy_intp size = y.trailing(n, 0).size();
    for (npy_intp items = to.rounds(); items > 0; --items, from.step(), to.step()) {
        memset(y.data + to.offset, 0, size * sizeof(T));
        walk_rows<WINDOW, WRAPS, Add<T> >(
            windows, y.trailing(n, to.offset), rows.trailing(n + 1, from.offset)
        );
    }
}

}  // namespace pytensor_unpool

#endif
