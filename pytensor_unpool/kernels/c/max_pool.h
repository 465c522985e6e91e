// Max-pooling: unrolled, or tap by tap over all windows of a line. As in kernels/numba.
#ifndef PYTENSOR_UNPOOL_MAX_POOL_H
#define PYTENSOR_UNPOOL_MAX_POOL_H

#include <limits>

namespace pytensor_unpool {

template <typename T>
static UNPOOL_INLINE bool beats(T element, T best) {
    return !(element <= best) & (best == best);
}

// Replaces the pointer to positions in kernels without them.
struct Nowhere {
    Nowhere operator+(npy_intp) const { return *this; }
};

template <typename P>
static UNPOOL_INLINE void put(P* positions, npy_intp i, npy_intp position) {
    positions[i] = (P)position;
}

static UNPOOL_INLINE void put(Nowhere, npy_intp, npy_intp) {}

template <int STEP, typename T, typename P>
static UNPOOL_INLINE void put_block(const Block<T>& block, P* positions, npy_intp place) {
    block.template store_positions<STEP>(positions, place);
}

template <int STEP, typename T>
static UNPOOL_INLINE void put_block(const Block<T>&, Nowhere, npy_intp) {}

// Replaces the pointer to positions: where the numbers of taps go.
struct Taps {
    uint8_t* data;
    Taps operator+(npy_intp i) const { return {data + i}; }
};

static UNPOOL_INLINE void put(Taps taps, npy_intp i, npy_intp tap) { taps.data[i] = (uint8_t)tap; }

template <int STEP, typename T>
static UNPOOL_INLINE void put_block(const Block<T>& block, Taps taps, npy_intp) {
    store_vector(__builtin_convertvector(block.number, Vector<uint8_t>::type), taps.data);
}

template <typename P>
struct IsTaps { static constexpr bool value = false; };
template <>
struct IsTaps<Taps> { static constexpr bool value = true; };

// Finds the maxima of windows.
template <typename A, typename B, typename C, typename T, typename P>
struct FindMaxima {
    static constexpr int lines = A::window * B::window;
    static constexpr bool by_taps = IsTaps<P>::value;
    static constexpr int step = by_taps ? 1 : C::dilation;
    const bool in_blocks;
    T* values;
    P positions;

    void line(const Lines<lines>&, const WindowIndex&) {}

    UNPOOL_INLINE void block(const Lines<lines>& line, npy_intp start, const WindowIndex& index) {
        Block<T> block = {};
#pragma GCC unroll 32
        for (int i = 0; i < lines; ++i)
            block.template take_line<C::window, C::stride, C::dilation, step>(
                (const T*)line.data[i] + start, (int32_t)line.number[i], i == 0
            );
        store_vector(block.best, values + index.at);
        put_block<C::stride>(block, positions + index.at, line.place + start);
    }

    UNPOOL_INLINE void window(
        const Lines<lines>& line, const Ends& c, npy_intp stride, const WindowIndex& index
    ) {
        const Ends whole = {c.start, 0, C::window - 1};
        if (c.first == whole.first && c.last == whole.last) find(line, whole, stride, index);
        else find(line, c, stride, index);
    }

    UNPOOL_INLINE void find(
        const Lines<lines>& line, const Ends& c, npy_intp stride, const WindowIndex& index
    ) {
        npy_intp along = c.start + c.first * C::dilation;
        T best = *(const T*)(line.data[0] + along * stride);
        npy_intp winner = line.number[0] + (by_taps ? c.first : along);
        for (int i = 0; i < lines; ++i)
            for (npy_intp tap = c.first; tap <= c.last; ++tap) {
                along = c.start + tap * C::dilation;
                T element = *(const T*)(line.data[i] + along * stride);
                bool wins = beats(element, best);
                best = choose(wins, element, best);
                winner = choose(wins, line.number[i] + (by_taps ? tap : along), winner);
            }
        values[index.at] = best;
        put(positions, index.at, line.place + winner);
    }
};

// Finds the maxima of one window, of all channels.
template <int TAPS, typename T, typename P>
struct FindChannelMaxima {
    const npy_intp channels;
    T* values;
    P positions;

    void window(const Lines<TAPS>& taps, const WindowIndex&) {
        // If they do not divide, the last block overlaps the one before.
        for (npy_intp i = 0; i < channels; i += LANES) {
            npy_intp channel = at_most(i, channels - LANES);
            Block<T> block = {};
#pragma GCC unroll 32
            for (int tap = 0; tap < TAPS; ++tap)
                block.template take_line<1, 1, 1, 0>(
                    (const T*)taps.data[tap] + channel, (int32_t)taps.number[tap], tap == 0
                );
            store_vector(block.best, values + channel);
            put_block<0>(block, positions + channel, 0);
        }
        values += channels;
        positions = positions + channels;
    }
};

template <typename A, typename B, typename C>
struct Unrolled {
    static constexpr int taps = A::window * B::window * C::window;

    template <typename T, typename P>
    static void pool_plane(const Windows& windows, const View& plane, T* values, P positions) {
        FindMaxima<A, B, C, T, P> find = {true, values, positions};
        walk_unrolled<A, B, C, IsTaps<P>::value>(windows, plane, sizeof(T), find);
    }

    // Pool one item whose first axis is that of the channels, neighbours in memory here and in the
    // outputs: the vectors run along these, one window after the other.
    template <typename T, typename P>
    static void pool_channels(const Windows& windows, const View& item, T* values, P positions) {
        FindChannelMaxima<taps, T, P> find = {item.shape[0], values, positions};
        walk_unrolled_channels<A, B, C, IsTaps<P>::value>(windows, item, find);
    }
};

// Lets one tap compete in a line of windows. A position below zero marks a window that has had no tap
// yet; a kernel without positions begins with values below all others.
template <typename T, typename P>
struct Compete {
    const Windows& windows;
    npy_intp element_stride;
    T* values;
    P positions;

    static UNPOOL_INLINE bool is_open(Nowhere, npy_intp) { return false; }
    template <typename I>
    static UNPOOL_INLINE bool is_open(const I* positions, npy_intp i) { return positions[i] < 0; }

    void operator()(
        const char* line, npy_intp line_start, npy_intp shift, npy_intp low, npy_intp high,
        const npy_intp* index
    ) {
        npy_intp first = flat_index(windows.counts, windows.ndim - 1, index);
        first *= windows.counts[windows.ndim - 1];
        npy_intp stride = windows.axes[windows.ndim - 1].stride;
        for (npy_intp w = first + low; w < first + high; ++w) {
            npy_intp at = (w - first) * stride + shift;
            T element = *(const T*)(line + at * element_stride);
            if (is_open(positions, w) | beats(element, values[w])) {
                values[w] = element;
                put(positions, w, line_start + at);
            }
        }
    }
};

// Windows of any kind.
struct TapByTap {
    static void open(Nowhere, npy_intp) {}
    template <typename I>
    static void open(I* positions, npy_intp windows) {
        for (npy_intp w = 0; w < windows; ++w) positions[w] = -1;
    }

    template <typename T, typename P>
    static void pool_plane(const Windows& windows, const View& plane, T* values, P positions) {
        typedef std::numeric_limits<T> limits;
        npy_intp total = 1;
        for (int i = 0; i < windows.ndim; ++i) total *= windows.counts[i];
        for (npy_intp w = 0; w < total; ++w)
            values[w] = limits::has_infinity ? -limits::infinity() : limits::lowest();
        open(positions, total);
        Compete<T, P> compete = {windows, plane.strides[plane.ndim - 1], values, positions};
        walk_taps(windows, plane, compete);
    }
};

// Pool every leading item of x; the outputs are contiguous, with the lengths of `windows.counts`.
template <typename Planes, typename T, typename P>
static void max_pool(const Windows& windows, const View& x, T* values, P positions) {
    npy_intp windows_per_plane = 1;
    for (int i = 0; i < windows.ndim; ++i) windows_per_plane *= windows.counts[i];
    Walk item(x, x.ndim - windows.ndim);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step()) {
        Planes::pool_plane(windows, x.trailing(windows.ndim, item.offset), values, positions);
        values += windows_per_plane;
        positions = positions + windows_per_plane;
    }
}

// The same for an x that has its channels last; so have the outputs.
template <typename Planes, typename T, typename P>
static void max_pool_channels(const Windows& windows, const View& x, T* values, P positions) {
    npy_intp outputs_per_item = x.shape[x.ndim - windows.ndim - 1];
    for (int i = 0; i < windows.ndim; ++i) outputs_per_item *= windows.counts[i];
    Walk item(x, x.ndim - windows.ndim - 1);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step()) {
        Planes::pool_channels(
            windows, x.trailing(windows.ndim + 1, item.offset), values, positions
        );
        values += outputs_per_item;
        positions = positions + outputs_per_item;
    }
}

}  // namespace pytensor_unpool

#endif
