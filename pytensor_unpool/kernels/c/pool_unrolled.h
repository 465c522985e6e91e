// Sum and average pooling, and its transpose, with all taps of a window unrolled.
#ifndef PYTENSOR_UNPOOL_POOL_UNROLLED_H
#define PYTENSOR_UNPOOL_POOL_UNROLLED_H

namespace pytensor_unpool {

#ifdef UNPOOL_SHUFFLES
// The elements number FIRST + lane * STRIDE of a line in vectors: number K begins at element
// K * LANES, the last one, after N - 1 others, at LAST.
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

// Adds up the taps of windows.
template <Mode MODE, typename A, typename B, typename C, typename T>
struct AddUp {
    typedef typename Addend<T>::type U;
    static constexpr int count_lines = A::window * B::window;
    static constexpr int last = (LANES - 1) * C::stride + (C::window - 1) * C::dilation + 1 - LANES;
    static constexpr int chunks = (last + LANES - 1) / LANES + 1;

    const bool in_blocks;
    const Windows& windows;
    const npy_intp* lengths;
    T* out;
    bool inside[count_lines];
    npy_intp outer;

    // A line that replaces one outside keeps its own number: it is not added.
    void line(const Lines<count_lines>& lines, const WindowIndex& index) {
        for (int i = 0; i < count_lines; ++i) inside[i] = lines.number[i] == i * C::window;
        const npy_intp full[3] = {index.a, index.b, 0};
        outer = outer_divisor<MODE>(windows, lengths, full + 3 - windows.ndim);
    }

    UNPOOL_INLINE void block(
        const Lines<count_lines>& lines, npy_intp start, const WindowIndex& index
    ) {
        typedef typename Vector<U>::type V;
        V total = {};
#ifdef UNPOOL_SHUFFLES
        V sums[chunks] = {};
#pragma GCC unroll 32
        for (int i = 0; i < count_lines; ++i) {
            if (!inside[i]) continue;
#pragma GCC unroll 32
            for (int k = 0; k < chunks; ++k)
                sums[k] += load_vector(
                    (const U*)lines.data[i] + start + (k < chunks - 1 ? k * LANES : last)
                );
        }
        total = add_taps<0, C, chunks, last>(sums, total);
#else
        for (int i = 0; i < count_lines; ++i)
            for (int tap = 0; inside[i] && tap < C::window; ++tap)
                total += load_lanes<C::stride>((const U*)lines.data[i] + start + tap * C::dilation);
#endif
        T* to = out + index.at;
        if constexpr (MODE != Mode::SUM && !std::is_integral<T>::value)
            total /= (T)(outer * C::window);
        store_vector(total, (U*)to);
        if constexpr (MODE != Mode::SUM && std::is_integral<T>::value)
            for (int lane = 0; lane < LANES; ++lane)
                to[lane] = quotient(to[lane], outer * C::window);
    }

    void window(
        const Lines<count_lines>& lines, const Ends& c, npy_intp, const WindowIndex& index
    ) {
        const int n = windows.ndim;
        U total = 0;
        for (int i = 0; i < count_lines; ++i)
            for (npy_intp tap = c.first; inside[i] && tap <= c.last; ++tap)
                total = (U)(total + ((const U*)lines.data[i])[c.start + tap * C::dilation]);
        npy_intp divisor =
            outer * divisor_of<MODE>(windows.axes[n - 1], lengths[n - 1], index.c);
        out[index.at] = MODE == Mode::SUM ? (T)total : quotient((T)total, divisor);
    }
};

template <typename A, typename B, typename C>
struct Sums<Unrolled<A, B, C>> {
    static npy_intp lead() { return (C::window - 1) * C::dilation / C::stride; }

    template <Mode MODE, typename T>
    static void pool_plane(const Windows& windows, const View& plane, T* out, T* scratch) {
        typedef AddUp<MODE, A, B, C, T> Visit;
        const int last = windows.ndim - 1;
        npy_intp low, high;
        find_inside<C>(plane.shape[last], windows.counts[last], &low, &high);
        if (high - low < LANES || plane.strides[last] != (npy_intp)sizeof(T) ||
            Visit::chunks > LANES)
            return pool_by_lines<MODE>(windows, plane, out, scratch);
        Visit add_up = {true, windows, plane.shape, out, {}, 1};
        walk_unrolled<A, B, C, true>(windows, plane, sizeof(T), add_up);
    }

    // The most windows of a line that share a column.
    static constexpr int layers = [] {
        int most = 1;
        for (int column = 0; column < C::stride; ++column) {
            int number = 0;
            for (int tap = 0; tap < C::window; ++tap)
                number += tap * C::dilation % C::stride == column;
            if (number > most) most = number;
        }
        return most;
    }();

    // Tap k of window w lies in column w * stride + k * dilation. So columns that are `stride`
    // apart take neighbouring shares: those of windows k * dilation / stride before.
    template <typename T>
    static void sum_shares(
        const AxisWindows&, const T* shares, npy_intp number, T* scratch, npy_intp layer_size
    ) {
        for (npy_intp w = 0; w < number + lead(); ++w)
#pragma GCC unroll 64
            for (int column = 0; column < C::stride; ++column) {
                T* to = scratch + w * C::stride + column;
                int layer = 0;
#pragma GCC unroll 32
                for (int tap = C::window - 1; tap >= 0; --tap)
                    if (tap * C::dilation % C::stride == column)
                        to[layer++ * layer_size] = shares[w - tap * C::dilation / C::stride];
#pragma GCC unroll 32
                for (; layer < layers; ++layer) to[layer * layer_size] = 0;
            }
    }
};

}  // namespace pytensor_unpool

#endif
