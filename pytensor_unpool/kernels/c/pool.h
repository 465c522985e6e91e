// Sum and average pooling, and its transpose. The sum over a window is separable: the lines of a
// plane that a line of windows covers are added up column by column, and every window then adds up
// its taps among these sums. The transpose goes the other way. As in kernels/numba.
#ifndef PYTENSOR_UNPOOL_POOL_H
#define PYTENSOR_UNPOOL_POOL_H

#include <type_traits>

namespace pytensor_unpool {

enum class Mode { SUM, AVERAGE_INC_PAD, AVERAGE_EXC_PAD };

// Integers are added without a sign: their sums wrap around, where C++ leaves signed ones undefined.
template <typename T, bool IS_INTEGER = std::is_integral<T>::value>
struct Addend {
    typedef T type;
};

template <typename T>
struct Addend<T, true> {
    typedef typename std::make_unsigned<T>::type type;
};

// Integers are truncated towards zero.
template <typename T>
static UNPOOL_INLINE T quotient(T total, npy_intp divisor) {
    if constexpr (!std::is_integral<T>::value) return total / (T)divisor;
    else if constexpr (std::is_signed<T>::value) return (T)((long long)total / divisor);
    else return (T)((unsigned long long)total / (unsigned long long)divisor);
}

// By how many taps the average of window `number` of an axis divides.
template <Mode MODE>
static inline npy_intp divisor_of(const AxisWindows& axis, npy_intp length, npy_intp number) {
    if (MODE == Mode::SUM) return 1;
    npy_intp start = number * axis.stride - axis.before;
    if (start >= 0 && start + (axis.window - 1) * axis.dilation < length) return axis.window;
    bool with_padding = MODE == Mode::AVERAGE_INC_PAD;
    return taps_between(
        number, axis, with_padding ? -axis.before : 0, with_padding ? length + axis.after : length
    );
}

template <Mode MODE>
static npy_intp outer_divisor(const Windows& windows, const npy_intp* lengths, const npy_intp* index) {
    npy_intp divisor = 1;
    for (int i = 0; MODE != Mode::SUM && i < windows.ndim - 1; ++i)
        divisor *= divisor_of<MODE>(windows.axes[i], lengths[i], index[i]);
    return divisor;
}

template <Mode MODE>
static npy_intp full_divisor(const Windows& windows, const npy_intp* lengths, const npy_intp* index) {
    const int last = windows.ndim - 1;
    return outer_divisor<MODE>(windows, lengths, index) *
           divisor_of<MODE>(windows.axes[last], lengths[last], index[last]);
}

// Divide the sums of the windows from number `first` on.
template <Mode MODE, typename T>
static void divide(
    const AxisWindows& axis, npy_intp length, npy_intp count, npy_intp outer, npy_intp first,
    npy_intp number, T* sums
) {
    if (MODE == Mode::SUM) return;
    npy_intp low, high;
    whole_windows(axis, length, count, &low, &high);
    low = at_least(0, at_most(number, low - first));
    high = at_least(low, at_most(number, high - first));
    for (npy_intp i = low; i < high; ++i) sums[i] = quotient(sums[i], outer * axis.window);
    for (npy_intp edge = 0; edge < low + number - high; ++edge) {
        npy_intp i = edge < low ? edge : edge + high - low;
        sums[i] = quotient(sums[i], outer * divisor_of<MODE>(axis, length, first + i));
    }
}

// The windows of a line that are done at a time, and the columns that they cover: at least one, and
// no more columns than TILE_COLUMNS if there are several.
struct Tile {
    npy_intp windows, columns;

    Tile(const AxisWindows& axis, npy_intp count) {
        npy_intp span = (axis.window - 1) * axis.dilation + 1;
        windows = at_most(count, at_least(1, (TILE_COLUMNS - span) / axis.stride + 1));
        columns = (windows - 1) * axis.stride + span;
    }
};

template <Mode MODE, typename T>
static void pool_by_lines(const Windows& windows, const View& plane, T* out, T* scratch) {
    typedef typename Addend<T>::type U;
    const int n = windows.ndim;
    const AxisWindows& last = windows.axes[n - 1];
    const npy_intp length = plane.shape[n - 1], count = windows.counts[n - 1];
    const npy_intp step = plane.strides[n - 1], span = (last.window - 1) * last.dilation + 1;
    const Tile tile(last, count);
    const OuterViews outer(windows);
    Walk output(outer.outputs, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step(), out += count) {
        npy_intp divisor = outer_divisor<MODE>(windows, plane.shape, output.index);
        for (npy_intp first = 0; first < count; first += tile.windows) {
            npy_intp number = at_most(tile.windows, count - first);
            npy_intp columns = (number - 1) * last.stride + span;
            npy_intp begin = first * last.stride - last.before;
            npy_intp low = at_least(0, -begin), high = at_most(columns, length - begin);
            memset(scratch, 0, columns * sizeof(T));
            Walk tap(outer.taps, n - 1);
            for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
                npy_intp line, offset;
                if (!find_line(windows, plane.shape, plane.strides, output.index, tap.index, &line,
                            &offset))
                    continue;
                const char* source = plane.data + offset;
                for (npy_intp i = low; i < high; ++i)
                    scratch[i] = (T)((U)scratch[i] + (U)*(const T*)(source + (begin + i) * step));
            }
            memset(out + first, 0, number * sizeof(T));
            for (npy_intp k = 0; k < last.window; ++k)
                for (npy_intp w = 0; w < number; ++w) {
                    T& total = out[first + w];
                    total = (T)((U)total + (U)scratch[w * last.stride + k * last.dilation]);
                }
            divide<MODE>(last, length, count, divisor, first, number, out + first);
        }
    }
}

// How windows are summed, and how their shares are added up by columns: for windows of any kind.
template <typename Planes>
struct Sums {
    static constexpr int layers = 1;

    static npy_intp lead() { return 0; }

    template <Mode MODE, typename T>
    static void pool_plane(const Windows& windows, const View& plane, T* out, T* scratch) {
        pool_by_lines<MODE>(windows, plane, out, scratch);
    }

    template <typename T>
    static void sum_shares(
        const AxisWindows& axis, const T* shares, npy_intp number, T* scratch, npy_intp
    ) {
        typedef typename Addend<T>::type U;
        const npy_intp columns = (number - 1) * axis.stride + (axis.window - 1) * axis.dilation + 1;
        memset(scratch, 0, columns * sizeof(T));
        for (npy_intp k = 0; k < axis.window; ++k)
            for (npy_intp w = 0; w < number; ++w) {
                T& total = scratch[w * axis.stride + k * axis.dilation];
                total = (T)((U)total + (U)shares[w]);
            }
    }
};

// Pool every leading item of x into a contiguous output; false if there is no scratch memory.
template <typename Planes, Mode MODE, typename T>
static bool pool(const Windows& windows, const View& x, T* out) {
    const int n = windows.ndim;
    npy_intp windows_per_plane = 1;
    for (int i = 0; i < n; ++i) windows_per_plane *= windows.counts[i];
    T* scratch = (T*)malloc(Tile(windows.axes[n - 1], windows.counts[n - 1]).columns * sizeof(T));
    if (!scratch) return false;
    Walk item(x, x.ndim - n);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step(), out += windows_per_plane)
        Sums<Planes>::template pool_plane<MODE>(windows, x.trailing(n, item.offset), out, scratch);
    free(scratch);
    return true;
}

// Add to a line what its columns get from a line of windows, from the first window to the last.
template <int LAYERS, typename T>
static UNPOOL_INLINE void add_layers(
    T* target, const T* scratch, npy_intp layer_size, npy_intp low, npy_intp high
) {
    typedef typename Addend<T>::type U;
    for (npy_intp i = low; i < high; ++i) {
        U total = (U)target[i];
#pragma GCC unroll 32
        for (int layer = 0; layer < LAYERS; ++layer) total += (U)scratch[layer * layer_size + i];
        target[i] = (T)total;
    }
}

// Scratch memory has room for `layer_size` columns, and again for each further window of theirs:
// so rounding is that of adding one window after the other. Windows with many taps add theirs up
// in one layer first.
template <typename Planes, Mode MODE, typename T>
static void grad_of_plane(
    const Windows& windows, const View& cotangent, const npy_intp* lengths, T* y, T* shares,
    T* scratch, npy_intp layer_size
) {
    const int n = windows.ndim;
    const AxisWindows& last = windows.axes[n - 1];
    const npy_intp length = lengths[n - 1], count = windows.counts[n - 1];
    const npy_intp span = (last.window - 1) * last.dilation + 1, lead = Sums<Planes>::lead();
    const Tile tile(last, count);
    const OuterViews outer(windows);
    Walk output(outer.outputs, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step()) {
        const char* source = line_at(cotangent, output.index);
        npy_intp divisor = outer_divisor<MODE>(windows, lengths, output.index);
        for (npy_intp first = 0; first < count; first += tile.windows) {
            npy_intp number = at_most(tile.windows, count - first);
            npy_intp columns = (number - 1) * last.stride + span;
            npy_intp begin = first * last.stride - last.before;
            npy_intp low = at_least(0, -begin), high = at_most(columns, length - begin);
            for (npy_intp w = 0; w < number; ++w)
                shares[w] = *(const T*)(source + (first + w) * cotangent.strides[n - 1]);
            for (npy_intp w = number; w < number + lead; ++w) shares[w] = 0;
            divide<MODE>(last, length, count, divisor, first, number, shares);
            Sums<Planes>::sum_shares(last, shares, number, scratch, layer_size);
            Walk tap(outer.taps, n - 1);
            for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
                npy_intp line, offset;
                if (!find_line(windows, lengths, outer.taps.strides, output.index, tap.index, &line,
                            &offset))
                    continue;
                add_layers<Sums<Planes>::layers>(
                    y + line * length + begin, scratch, layer_size, low, high
                );
            }
        }
    }
}

// The transpose, for planes of `lengths`; y is contiguous.
template <typename Planes, Mode MODE, typename T>
static bool pool_input_grad(
    const Windows& windows, const View& cotangent, const npy_intp* lengths, T* y
) {
    const int n = windows.ndim;
    const AxisWindows& last = windows.axes[n - 1];
    const npy_intp lead = Sums<Planes>::lead();
    npy_intp size = 1;
    for (int i = 0; i < n; ++i) size *= lengths[i];
    const Tile tile(last, windows.counts[n - 1]);
    // Taps read shares before the first and beyond the last: zeros.
    T* shares = (T*)calloc(tile.windows + 2 * lead, sizeof(T));
    const npy_intp layer_size = tile.columns + (lead + 1) * last.stride;
    T* scratch = (T*)malloc(Sums<Planes>::layers * layer_size * sizeof(T));
    Walk item(cotangent, cotangent.ndim - n);
    if (shares && scratch)
        for (npy_intp i = item.rounds(); i > 0; --i, item.step(), y += size) {
            memset(y, 0, size * sizeof(T));
            grad_of_plane<Planes, MODE>(
                windows, cotangent.trailing(n, item.offset), lengths, y, shares + lead, scratch,
                layer_size
            );
        }
    bool has_memory = shares && scratch;
    free(shares);
    free(scratch);
    return has_memory;
}

}  // namespace pytensor_unpool

#endif
