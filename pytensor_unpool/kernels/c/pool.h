// Max-pooling. Few taps, known when this is compiled, on up to three axes are unrolled; everything
// else goes tap by tap over whole rows of windows. As in pytensor_unpool/kernels/numba.
#ifndef PYTENSOR_UNPOOL_POOL_H
#define PYTENSOR_UNPOOL_POOL_H

#include <limits>

namespace pytensor_unpool {

template <typename T>
static UNPOOL_INLINE bool beats(T element, T best) {
    return !(element <= best) & (best == best);
}

// Kernels without positions have this in place of a pointer to them.
struct Nowhere {
    Nowhere operator+(npy_intp) const { return *this; }
};

template <typename P>
static UNPOOL_INLINE void put(P* positions, npy_intp i, npy_intp position) {
    positions[i] = (P)position;
}

static UNPOOL_INLINE void put(Nowhere, npy_intp, npy_intp) {}

template <int STEP, typename T, typename P>
static UNPOOL_INLINE void put_block(const Block<T>& block, P* positions) {
    block.template store_positions<STEP>(positions);
}

template <int STEP, typename T>
static UNPOOL_INLINE void put_block(const Block<T>&, Nowhere) {}

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

    static npy_intp at(npy_intp number, npy_intp tap) {
        return number * STRIDE - BEFORE + tap * DILATION;
    }

    // The coordinate of a tap of window number `number`, or of the nearest tap inside.
    static npy_intp nearest(npy_intp number, npy_intp tap, npy_intp length) {
        npy_intp start = number * STRIDE - BEFORE;
        return start + at_most(at_least(tap, first(start)), last(start, length)) * DILATION;
    }
};

template <typename A, typename B, typename C>
struct Unrolled {
    static constexpr int lines = A::window * B::window, taps = lines * C::window;

    template <typename T, typename P>
    static void pool_plane(const Windows& windows, const View& plane, T* values, P positions) {
        npy_intp lengths[3] = {1, 1, 1}, counts[3] = {1, 1, 1}, strides[3] = {0, 0, 0};
        for (int i = 0; i < windows.ndim; ++i) {
            lengths[3 - windows.ndim + i] = plane.shape[i];
            strides[3 - windows.ndim + i] = plane.strides[i];
            counts[3 - windows.ndim + i] = windows.counts[i];
        }
        // Windows from `low` to `high` lie inside on the last axis, at all of their taps.
        npy_intp low = at_most(counts[2], ceil_divide(C::before, C::stride));
        npy_intp reach = lengths[2] - 1 - (C::window - 1) * (npy_intp)C::dilation + C::before;
        npy_intp high =
            at_least(low, at_most(counts[2], floor_divide(reach, C::stride) + 1));
        if (high - low < LANES || strides[2] != (npy_intp)sizeof(T)) high = low;
        for (npy_intp a = 0; a < counts[0]; ++a)
            for (npy_intp b = 0; b < counts[1]; ++b) {
                const char* line[lines];
                npy_intp place[lines];
                for (int i = 0; i < lines; ++i) {
                    npy_intp at_a = A::nearest(a, i / B::window, lengths[0]);
                    npy_intp at_b = B::nearest(b, i % B::window, lengths[1]);
                    line[i] = plane.data + at_a * strides[0] + at_b * strides[1];
                    place[i] = (at_a * lengths[1] + at_b) * lengths[2];
                }
                // The last block begins early where they do not divide.
                for (npy_intp c = low; c < high; c += LANES)
                    pool_block(line, place, at_most(c, high - LANES), values, positions);
                for (npy_intp c = 0; c < low; ++c)
                    pool_window(line, place, strides[2], lengths[2], c, values, positions);
                for (npy_intp c = high; c < counts[2]; ++c)
                    pool_window(line, place, strides[2], lengths[2], c, values, positions);
                values += counts[2];
                positions = positions + counts[2];
            }
    }

    template <typename T, typename P>
    static UNPOOL_INLINE void pool_block(
        const char* const* line, const npy_intp* place, npy_intp c, T* values, P positions
    ) {
        Block<T> block = {};
        npy_intp start = c * C::stride - C::before;
#pragma GCC unroll 32
        for (int i = 0; i < lines; ++i)
            block.template take_row<C::window, C::stride, C::dilation>(
                (const T*)line[i] + start, place[i] + start, i == 0
            );
        store_vector(block.best, values + c);
        put_block<C::stride>(block, positions + c);
    }

    // Pool one item whose first axis is that of the channels, neighbours in memory here and in the
    // outputs: the vectors run along these, one window after the other.
    template <typename T, typename P>
    static void pool_channels(const Windows& windows, const View& item, T* values, P positions) {
        npy_intp lengths[3] = {1, 1, 1}, counts[3] = {1, 1, 1}, strides[3] = {0, 0, 0};
        for (int i = 0; i < windows.ndim; ++i) {
            lengths[3 - windows.ndim + i] = item.shape[1 + i];
            strides[3 - windows.ndim + i] = item.strides[1 + i];
            counts[3 - windows.ndim + i] = windows.counts[i];
        }
        const npy_intp channels = item.shape[0];
        for (npy_intp a = 0; a < counts[0]; ++a)
            for (npy_intp b = 0; b < counts[1]; ++b)
                for (npy_intp c = 0; c < counts[2]; ++c) {
                    const char* from[taps];
                    npy_intp place[taps];
                    for (int i = 0; i < taps; ++i) {
                        npy_intp at_a = A::nearest(a, i / (B::window * C::window), lengths[0]);
                        npy_intp at_b = B::nearest(b, i / C::window % B::window, lengths[1]);
                        npy_intp at_c = C::nearest(c, i % C::window, lengths[2]);
                        place[i] = (at_a * lengths[1] + at_b) * lengths[2] + at_c;
                        from[i] = item.data + at_a * strides[0] + at_b * strides[1] +
                                  at_c * strides[2];
                    }
                    // The last block begins early where they do not divide.
                    for (npy_intp i = 0; i < channels; i += LANES) {
                        npy_intp channel = at_most(i, channels - LANES);
                        Block<T> block = {};
#pragma GCC unroll 32
                        for (int tap = 0; tap < taps; ++tap)
                            block.template take_row<1, 1, 1>(
                                (const T*)from[tap] + channel, place[tap], tap == 0
                            );
                        store_vector(block.best, values + channel);
                        put_block<0>(block, positions + channel);
                    }
                    values += channels;
                    positions = positions + channels;
                }
    }

    template <typename T, typename P>
    static void pool_window(
        const char* const* line, const npy_intp* place, npy_intp stride, npy_intp length,
        npy_intp c, T* values, P positions
    ) {
        npy_intp start = c * C::stride - C::before;
        npy_intp first = C::first(start), last = C::last(start, length);
        npy_intp at = start + first * C::dilation;
        T best = *(const T*)(line[0] + at * stride);
        npy_intp winner = place[0] + at;
        for (int i = 0; i < lines; ++i)
            for (npy_intp tap = first; tap <= last; ++tap) {
                at = start + tap * C::dilation;
                T element = *(const T*)(line[i] + at * stride);
                bool wins = beats(element, best);
                best = wins ? element : best;
                winner = wins ? place[i] + at : winner;
            }
        values[c] = best;
        put(positions, c, winner);
    }
};

// Lets one tap compete in a row of windows. A position below zero marks a window without a tap yet;
// a kernel without positions begins with values that nothing is below.
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
        const char* line, npy_intp place, npy_intp shift, npy_intp low, npy_intp high,
        const npy_intp* index
    ) {
        npy_intp row = 0;
        for (int i = 0; i < windows.ndim - 1; ++i) row = row * windows.counts[i] + index[i];
        row *= windows.counts[windows.ndim - 1];
        npy_intp stride = windows.rows[windows.ndim - 1].stride;
        for (npy_intp w = row + low; w < row + high; ++w) {
            npy_intp at = (w - row) * stride + shift;
            T element = *(const T*)(line + at * element_stride);
            if (is_open(positions, w) | beats(element, values[w])) {
                values[w] = element;
                put(positions, w, place + at);
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
    npy_intp windows_a_plane = 1;
    for (int i = 0; i < windows.ndim; ++i) windows_a_plane *= windows.counts[i];
    Walk item(x, x.ndim - windows.ndim);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step()) {
        Planes::pool_plane(windows, x.trailing(windows.ndim, item.offset), values, positions);
        values += windows_a_plane;
        positions = positions + windows_a_plane;
    }
}

// The same for an x that has its channels last; so have the outputs.
template <typename Planes, typename T, typename P>
static void max_pool_channels(const Windows& windows, const View& x, T* values, P positions) {
    npy_intp outputs_an_item = x.shape[x.ndim - windows.ndim - 1];
    for (int i = 0; i < windows.ndim; ++i) outputs_an_item *= windows.counts[i];
    Walk item(x, x.ndim - windows.ndim - 1);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step()) {
        Planes::pool_channels(
            windows, x.trailing(windows.ndim + 1, item.offset), values, positions
        );
        values += outputs_an_item;
        positions = positions + outputs_an_item;
    }
}

}  // namespace pytensor_unpool

#endif
