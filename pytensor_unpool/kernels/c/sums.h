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
    static npy_intp lead() { return 0; }

    template <Mode MODE, typename T>
    static void pool_plane(const Windows& windows, const View& plane, T* out, T* line) {
        pool_by_lines<MODE>(windows, plane, out, line);
    }

    template <typename T>
    static void spread(const Row& r, const T* shares, npy_intp number, T* line) {
        typedef typename Addend<T>::type U;
        memset(line, 0, ((number - 1) * r.stride + (r.window - 1) * r.dilation + 1) * sizeof(T));
        for (npy_intp k = 0; k < r.window; ++k)
            for (npy_intp w = 0; w < number; ++w) {
                T& total = line[w * r.stride + k * r.dilation];
                total = (T)((U)total + (U)shares[w]);
            }
    }
};

#ifdef UNPOOL_SHUFFLES
// The elements number FIRST + lane * STRIDE of a row that vectors hold: number K begins at element
// K * LANES, the last one, behind N - 1 others, at LAST.
template <int FIRST, int STRIDE, int K, int N, int LAST, typename V>
static UNPOOL_INLINE V pick_lanes(const V* chunks, V result) {
    constexpr int begin = K < N - 1 ? K * LANES : LAST;
    result = take_lanes<STRIDE, begin - FIRST>(result, chunks[K]);
    if constexpr (K + 1 < N) return pick_lanes<FIRST, STRIDE, K + 1, N, LAST>(chunks, result);
    else return result;
}

template <int TAP, typename C, int N, int LAST, typename V>
static UNPOOL_INLINE V add_taps(const V* chunks, V total) {
    V lanes = {};
    total += pick_lanes<TAP * C::dilation, C::stride, 0, N, LAST>(chunks, lanes);
    if constexpr (TAP + 1 < C::window) return add_taps<TAP + 1, C, N, LAST>(chunks, total);
    else return total;
}
#endif

template <typename A, typename B, typename C>
struct Sums<Unrolled<A, B, C>> {
    static constexpr int lines = A::window * B::window;
    static constexpr int last = (LANES - 1) * C::stride + (C::window - 1) * C::dilation + 1 - LANES;
    static constexpr int chunks = (last + LANES - 1) / LANES + 1;

    static npy_intp lead() { return (C::window - 1) * C::dilation / C::stride; }

    template <Mode MODE, typename T>
    static void pool_plane(const Windows& windows, const View& plane, T* out, T* line) {
        const int n = windows.ndim;
        npy_intp lengths[3] = {1, 1, 1}, counts[3] = {1, 1, 1}, strides[3] = {0, 0, 0};
        for (int i = 0; i < n; ++i) {
            lengths[3 - n + i] = plane.shape[i];
            strides[3 - n + i] = plane.strides[i];
            counts[3 - n + i] = windows.counts[i];
        }
        npy_intp low, high;
        whole_windows(windows.rows[n - 1], lengths[2], counts[2], &low, &high);
        if (high - low < LANES || strides[2] != (npy_intp)sizeof(T) || chunks > LANES)
            return pool_by_lines<MODE>(windows, plane, out, line);
        npy_intp index[3];
        for (npy_intp a = 0; a < counts[0]; ++a)
            for (npy_intp b = 0; b < counts[1]; ++b, out += counts[2]) {
                index[0] = n == 3 ? a : b;
                index[1] = b;
                const char* start[lines];
                bool inside[lines];
                for (int i = 0; i < lines; ++i) {
                    // In place of a row outside, which is not added, the nearest inside is read.
                    npy_intp at_a = A::nearest(a, i / B::window, lengths[0]);
                    npy_intp at_b = B::nearest(b, i % B::window, lengths[1]);
                    start[i] = plane.data + at_a * strides[0] + at_b * strides[1];
                    inside[i] = at_a == A::at(a, i / B::window) && at_b == B::at(b, i % B::window);
                }
                npy_intp outer = outer_divisor<MODE>(windows, plane.shape, index);
                // The last block begins early where they do not divide.
                for (npy_intp c = low; c < high; c += LANES)
                    sum_block<MODE>(start, inside, at_most(c, high - LANES), outer, out);
                for (npy_intp edge = 0; edge < low + counts[2] - high; ++edge) {
                    npy_intp c = edge < low ? edge : edge + high - low;
                    T total = sum_window<T>(start, inside, c, lengths[2]);
                    npy_intp divisor =
                        outer * divisor_of<MODE>(windows.rows[n - 1], lengths[2], c);
                    out[c] = MODE == Mode::SUM ? total : quotient(total, divisor);
                }
            }
    }

    template <Mode MODE, typename T>
    static UNPOOL_INLINE void sum_block(
        const char* const* start, const bool* inside, npy_intp c, npy_intp outer, T* out
    ) {
        typedef typename Addend<T>::type U;
        typedef typename Vector<U>::type V;
        npy_intp column = c * C::stride - C::before;
        V total = {};
#ifdef UNPOOL_SHUFFLES
        V held[chunks] = {};
#pragma GCC unroll 32
        for (int i = 0; i < lines; ++i) {
            if (!inside[i]) continue;
#pragma GCC unroll 32
            for (int k = 0; k < chunks; ++k)
                held[k] += load_vector(
                    (const U*)start[i] + column + (k < chunks - 1 ? k * LANES : last)
                );
        }
        total = add_taps<0, C, chunks, last>(held, total);
#else
        for (int i = 0; i < lines; ++i)
            for (int tap = 0; inside[i] && tap < C::window; ++tap)
                total += load_lanes<C::stride>((const U*)start[i] + column + tap * C::dilation);
#endif
        if constexpr (MODE != Mode::SUM && !std::is_integral<T>::value)
            total /= (T)(outer * C::window);
        store_vector(total, (U*)out + c);
        if constexpr (MODE != Mode::SUM && std::is_integral<T>::value)
            for (int lane = 0; lane < LANES; ++lane)
                out[c + lane] = quotient(out[c + lane], outer * C::window);
    }

    template <typename T>
    static UNPOOL_INLINE T sum_window(
        const char* const* start, const bool* inside, npy_intp c, npy_intp length
    ) {
        typedef typename Addend<T>::type U;
        npy_intp column = c * C::stride - C::before;
        npy_intp first = C::first(column), final = C::last(column, length);
        U total = 0;
        for (int i = 0; i < lines; ++i)
            for (npy_intp tap = first; inside[i] && tap <= final; ++tap)
                total = (U)(total + ((const U*)start[i])[column + tap * C::dilation]);
        return (T)total;
    }

    // Tap k of window w lies in column w * stride + k * dilation. So columns that are `stride`
    // apart take neighbouring shares: those of windows k * dilation / stride before.
    template <typename T>
    static void spread(const Row&, const T* shares, npy_intp number, T* line) {
        typedef typename Addend<T>::type U;
        for (npy_intp w = 0; w < number + lead(); ++w)
#pragma GCC unroll 64
            for (int column = 0; column < C::stride; ++column) {
                U total = 0;
#pragma GCC unroll 32
                for (int tap = 0; tap < C::window; ++tap)
                    if (tap * C::dilation % C::stride == column)
                        total = (U)(total + (U)shares[w - tap * C::dilation / C::stride]);
                line[w * C::stride + column] = (T)total;
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

template <typename Planes, Mode MODE, typename T>
static void spread_plane(
    const Windows& windows, const View& cotangent, const npy_intp* lengths, T* y, T* shares, T* line
) {
    typedef typename Addend<T>::type U;
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
            Sums<Planes>::spread(r, shares, number, line);
            Walk tap(outer.taps, n - 1);
            for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
                npy_intp place, offset;
                if (!row_at(windows, lengths, outer.taps.strides, output.index, tap.index, &place,
                            &offset))
                    continue;
                T* target = y + place * length + begin;
                for (npy_intp i = low; i < high; ++i) target[i] = (T)((U)target[i] + (U)line[i]);
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
    T* line = (T*)malloc((most.columns + (lead + 1) * r.stride) * sizeof(T));
    Walk item(cotangent, cotangent.ndim - n);
    if (shares && line)
        for (npy_intp i = item.rounds(); i > 0; --i, item.step(), y += size) {
            memset(y, 0, size * sizeof(T));
            spread_plane<Planes, MODE>(
                windows, cotangent.trailing(n, item.offset), lengths, y, shares + lead, line
            );
        }
    bool has_memory = shares && line;
    free(shares);
    free(line);
    return has_memory;
}

}  // namespace pytensor_unpool

#endif
