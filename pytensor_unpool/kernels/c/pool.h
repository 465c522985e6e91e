// Sum and average pooling, and its transpose. A sum over a window is one over rows, then one over
// columns: the rows that a row of windows covers are added up in a line, and every window takes its
// taps from that. The transpose goes the other way. As in pytensor_unpool/kernels/numba.
#ifndef PYTENSOR_UNPOOL_SUMS_H
#define PYTENSOR_UNPOOL_SUMS_H

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

// Integers are cut towards zero.
template <typename T>
static UNPOOL_INLINE T quotient(T total, npy_intp divisor) {
    if constexpr (!std::is_integral<T>::value) return total / (T)divisor;
    else if constexpr (std::is_signed<T>::value) return (T)((long long)total / divisor);
    else return (T)((unsigned long long)total / (unsigned long long)divisor);
}

// By how many taps the average of window `number` of an axis divides.
template <Mode MODE>
static inline npy_intp divisor_of(const Row& r, npy_intp length, npy_intp number) {
    if (MODE == Mode::SUM) return 1;
    npy_intp start = number * r.stride - r.before;
    if (start >= 0 && start + (r.window - 1) * r.dilation < length) return r.window;
    bool with_padding = MODE == Mode::AVERAGE_INC_PAD;
    return taps_between(
        number, r, with_padding ? -r.before : 0, with_padding ? length + r.after : length
    );
}

template <Mode MODE>
static npy_intp outer_divisor(const Windows& windows, const npy_intp* lengths, const npy_intp* index) {
    npy_intp divisor = 1;
    for (int i = 0; MODE != Mode::SUM && i < windows.ndim - 1; ++i)
        divisor *= divisor_of<MODE>(windows.rows[i], lengths[i], index[i]);
    return divisor;
}

template <Mode MODE>
static npy_intp full_divisor(const Windows& windows, const npy_intp* lengths, const npy_intp* index) {
    const int last = windows.ndim - 1;
    return outer_divisor<MODE>(windows, lengths, index) *
           divisor_of<MODE>(windows.rows[last], lengths[last], index[last]);
}

// Divide the sums of the windows from number `first` on.
template <Mode MODE, typename T>
static void divide(
    const Row& r, npy_intp length, npy_intp count, npy_intp outer, npy_intp first, npy_intp number,
    T* sums
) {
    if (MODE == Mode::SUM) return;
    npy_intp low, high;
    whole_windows(r, length, count, &low, &high);
    low = at_least(0, at_most(number, low - first));
    high = at_least(low, at_most(number, high - first));
    for (npy_intp i = low; i < high; ++i) sums[i] = quotient(sums[i], outer * r.window);
    for (npy_intp edge = 0; edge < low + number - high; ++edge) {
        npy_intp i = edge < low ? edge : edge + high - low;
        sums[i] = quotient(sums[i], outer * divisor_of<MODE>(r, length, first + i));
    }
}

// The windows of a row that are done at a time, and the columns that they cover: at least one, and
// no more columns than COLUMNS if there are several.
struct Line {
    npy_intp windows, columns;

    Line(const Row& r, npy_intp count) {
        npy_intp span = (r.window - 1) * r.dilation + 1;
        windows = at_most(count, at_least(1, (COLUMNS - span) / r.stride + 1));
        columns = (windows - 1) * r.stride + span;
    }
};

template <Mode MODE, typename T>
static void pool_by_lines(const Windows& windows, const View& plane, T* out, T* line) {
    typedef typename Addend<T>::type U;
    const int n = windows.ndim;
    const Row& r = windows.rows[n - 1];
    const npy_intp length = plane.shape[n - 1], count = windows.counts[n - 1];
    const npy_intp step = plane.strides[n - 1], span = (r.window - 1) * r.dilation + 1;
    const Line most(r, count);
    const OuterViews outer(windows);
    Walk output(outer.outputs, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step(), out += count) {
        npy_intp divisor = outer_divisor<MODE>(windows, plane.shape, output.index);
        for (npy_intp first = 0; first < count; first += most.windows) {
            npy_intp number = at_most(most.windows, count - first);
            npy_intp columns = (number - 1) * r.stride + span, begin = first * r.stride - r.before;
            npy_intp low = at_least(0, -begin), high = at_most(columns, length - begin);
            memset(line, 0, columns * sizeof(T));
            Walk tap(outer.taps, n - 1);
            for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
                npy_intp place, offset;
                if (!row_at(windows, plane.shape, plane.strides, output.index, tap.index, &place,
                            &offset))
                    continue;
                const char* source = plane.data + offset;
                for (npy_intp i = low; i < high; ++i)
                    line[i] = (T)((U)line[i] + (U)*(const T*)(source + (begin + i) * step));
            }
            memset(out + first, 0, number * sizeof(T));
            for (npy_intp k = 0; k < r.window; ++k)
                for (npy_intp w = 0; w < number; ++w) {
                    T& total = out[first + w];
                    total = (T)((U)total + (U)line[w * r.stride + k * r.dilation]);
                }
            divide<MODE>(r, length, count, divisor, first, number, out + first);
        }
    }
}

// How windows are summed, and how they give shares to their taps: for windows of any kind.
template <typename Planes>
struct Sums {
    static constexpr int layers = 1;

    static npy_intp lead() { return 0; }

    template <Mode MODE, typename T>
    static void pool_plane(const Windows& windows, const View& plane, T* out, T* line) {
        pool_by_lines<MODE>(windows, plane, out, line);
    }

    template <typename T>
    static void spread(const Row& r, const T* shares, npy_intp number, T* line, npy_intp) {
        typedef typename Addend<T>::type U;
        memset(line, 0, ((number - 1) * r.stride + (r.window - 1) * r.dilation + 1) * sizeof(T));
        for (npy_intp k = 0; k < r.window; ++k)
            for (npy_intp w = 0; w < number; ++w) {
                T& total = line[w * r.stride + k * r.dilation];
                total = (T)((U)total + (U)shares[w]);
            }
    }
};

// Pool every leading item of x into a contiguous output; false if there is no memory for a line.
template <typename Planes, Mode MODE, typename T>
static bool pool(const Windows& windows, const View& x, T* out) {
    const int n = windows.ndim;
    npy_intp windows_a_plane = 1;
    for (int i = 0; i < n; ++i) windows_a_plane *= windows.counts[i];
    T* line = (T*)malloc(Line(windows.rows[n - 1], windows.counts[n - 1]).columns * sizeof(T));
    if (!line) return false;
    Walk item(x, x.ndim - n);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step(), out += windows_a_plane)
        Sums<Planes>::template pool_plane<MODE>(windows, x.trailing(n, item.offset), out, line);
    free(line);
    return true;
}

// Add to a row what its columns get from a row of windows, from the first window to the last.
template <int LAYERS, typename T>
static UNPOOL_INLINE void add_layers(
    T* target, const T* line, npy_intp layer_size, npy_intp low, npy_intp high
) {
    typedef typename Addend<T>::type U;
    for (npy_intp i = low; i < high; ++i) {
        U total = (U)target[i];
#pragma GCC unroll 32
        for (int layer = 0; layer < LAYERS; ++layer) total += (U)line[layer * layer_size + i];
        target[i] = (T)total;
    }
}

// The line has room for `layer_size` columns, and again for each further window that these lie in:
// so rounding is that of adding one window after the other. Windows with many taps add theirs up
// in one layer first.
template <typename Planes, Mode MODE, typename T>
static void spread_plane(
    const Windows& windows, const View& cotangent, const npy_intp* lengths, T* y, T* shares,
    T* line, npy_intp layer_size
) {
    const int n = windows.ndim;
    const Row& r = windows.rows[n - 1];
    const npy_intp length = lengths[n - 1], count = windows.counts[n - 1];
    const npy_intp span = (r.window - 1) * r.dilation + 1, lead = Sums<Planes>::lead();
    const Line most(r, count);
    const OuterViews outer(windows);
    Walk output(outer.outputs, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step()) {
        const char* source = row_of(cotangent, output.index);
        npy_intp divisor = outer_divisor<MODE>(windows, lengths, output.index);
        for (npy_intp first = 0; first < count; first += most.windows) {
            npy_intp number = at_most(most.windows, count - first);
            npy_intp columns = (number - 1) * r.stride + span, begin = first * r.stride - r.before;
            npy_intp low = at_least(0, -begin), high = at_most(columns, length - begin);
            for (npy_intp w = 0; w < number; ++w)
                shares[w] = *(const T*)(source + (first + w) * cotangent.strides[n - 1]);
            for (npy_intp w = number; w < number + lead; ++w) shares[w] = 0;
            divide<MODE>(r, length, count, divisor, first, number, shares);
            Sums<Planes>::spread(r, shares, number, line, layer_size);
            Walk tap(outer.taps, n - 1);
            for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
                npy_intp place, offset;
                if (!row_at(windows, lengths, outer.taps.strides, output.index, tap.index, &place,
                            &offset))
                    continue;
                add_layers<Sums<Planes>::layers>(
                    y + place * length + begin, line, layer_size, low, high
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
    const Row& r = windows.rows[n - 1];
    const npy_intp lead = Sums<Planes>::lead();
    npy_intp size = 1;
    for (int i = 0; i < n; ++i) size *= lengths[i];
    const Line most(r, windows.counts[n - 1]);
    // Taps read shares before the first and behind the last: zeros.
    T* shares = (T*)calloc(most.windows + 2 * lead, sizeof(T));
    const npy_intp layer_size = most.columns + (lead + 1) * r.stride;
    T* line = (T*)malloc(Sums<Planes>::layers * layer_size * sizeof(T));
    Walk item(cotangent, cotangent.ndim - n);
    if (shares && line)
        for (npy_intp i = item.rounds(); i > 0; --i, item.step(), y += size) {
            memset(y, 0, size * sizeof(T));
            spread_plane<Planes, MODE>(
                windows, cotangent.trailing(n, item.offset), lengths, y, shares + lead, line,
                layer_size
            );
        }
    bool has_memory = shares && line;
    free(shares);
    free(line);
    return has_memory;
}

}  // namespace pytensor_unpool

#endif
