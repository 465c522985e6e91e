// Un-pooling to, and gathering from, the taps of windows that do not overlap and are unrolled.
// A number that is no tap of its window inside the axes stands for no element: it is compared with
// those that are.
#ifndef PYTENSOR_UNPOOL_MAX_POOL_TAPS_H
#define PYTENSOR_UNPOOL_MAX_POOL_TAPS_H

namespace pytensor_unpool {

static UNPOOL_INLINE TapNumbers load_taps(const char* from) {
    return __builtin_convertvector(load_vector((const uint8_t*)from), TapNumbers);
}

// Where the wins of numbers are, as a mask for vectors of T.
template <typename T>
static UNPOOL_INLINE auto mask_for(const TapNumbers& wins) {
    typedef typename Vector<T>::type V;
    return __builtin_convertvector(wins, decltype(V{} == V{}));
}

// Whether the tap's line is inside: otherwise another one replaces it, with its own number.
template <typename C, int LINES>
static UNPOOL_INLINE bool is_inside(const Lines<LINES>& lines, const Ends& c, npy_intp tap) {
    return tap < LINES * C::window && lines.number[tap / C::window] == tap - tap % C::window &&
           tap % C::window >= c.first && tap % C::window <= c.last;
}

// From each of `values`, one for a window, to its tap in a plane. In blocks, values and taps are
// contiguous.
template <typename A, typename B, typename C, typename T>
struct Unpool {
    static constexpr int lines = A::window * B::window;
    static constexpr int last = (LANES - 1) * (C::stride - 1) + (C::window - 1) * C::dilation;
    const bool in_blocks;
    const Grid values, taps;

    void line(const Lines<lines>&, const WindowIndex&) {}

    const char* value(const WindowIndex& w) const {
        return values.line(w.a, w.b) + w.c * values.strides[2];
    }
    const char* tap(const WindowIndex& w) const {
        return taps.line(w.a, w.b) + w.c * taps.strides[2];
    }

    UNPOOL_INLINE void block(const Lines<lines>& line, npy_intp start, const WindowIndex& index) {
        const T* from = (const T*)values.data + index.at;
        write<0>(line, start, load_vector(from), load_taps(taps.data + index.at));
    }

    // Which tap an element of a block is.
    static constexpr int tap_at(int element) {
        return element % C::stride % C::dilation == 0 &&
                       element % C::stride / C::dilation < C::window
                   ? element % C::stride / C::dilation
                   : NO_TAP;
    }

    // Write all that a block spans, in vectors; the last one is moved back so that it ends with it.
    template <int BEGIN>
    static UNPOOL_INLINE void write(
        const Lines<lines>& line, npy_intp start, const typename Vector<T>::type& values,
        const TapNumbers& taps
    ) {
        constexpr int b = BEGIN < last ? BEGIN : last;
        const typename Vector<T>::type repeated_values = spread_lanes<C::stride, b>(values);
        const TapNumbers repeated_taps = spread_lanes<C::stride, b>(taps);
        const TapNumbers offsets = {tap_at(b),     tap_at(b + 1), tap_at(b + 2), tap_at(b + 3),
                                 tap_at(b + 4), tap_at(b + 5), tap_at(b + 6), tap_at(b + 7)};
#pragma GCC unroll 32
        for (int i = 0; i < lines; ++i) {
            auto wins = mask_for<T>(repeated_taps == offsets + (int32_t)line.number[i]);
            store_vector(
                wins ? repeated_values : typename Vector<T>::type{}, (T*)line.data[i] + start + b
            );
        }
        if constexpr (BEGIN < last) write<BEGIN + LANES>(line, start, values, taps);
    }

    void window(
        const Lines<lines>& line, const Ends& c, npy_intp, const WindowIndex& index
    ) {
        npy_intp number = *(const uint8_t*)tap(index);
        if (!is_inside<C>(line, c, number)) return;
        npy_intp along = c.start + number % C::window * C::dilation;
        ((T*)line.data[number / C::window])[along] = *(const T*)value(index);
    }

};

// Whether every element of a plane is a tap of a window.
template <typename A, typename B, typename C>
static bool has_all_elements(const Windows& windows, const Grid& plane) {
    constexpr bool has_gaps = A::stride > A::window || B::stride > B::window ||
                              C::stride > C::window || A::dilation > 1 || B::dilation > 1 ||
                              C::dilation > 1;
    const Counts counts(windows);
    return !has_gaps && A::at(counts[0], 0) >= plane.lengths[0] &&
           B::at(counts[1], 0) >= plane.lengths[1] && C::at(counts[2], 0) >= plane.lengths[2];
}

// The same for one item, all channels of a window side by side; values and taps have their channels
// before the last three axes.
template <int TAPS, typename T>
struct UnpoolChannels {
    const npy_intp channels;
    const Grid values, taps;

    void window(const Lines<TAPS>& to, const WindowIndex& w) {
        const T* value = (const T*)(values.line(w.a, w.b) + w.c * values.strides[2]);
        const char* tap = taps.line(w.a, w.b) + w.c * taps.strides[2];
        // If they do not divide, the last block overlaps the one before.
        for (npy_intp i = 0; i < channels; i += LANES) {
            npy_intp channel = at_most(i, channels - LANES);
            const typename Vector<T>::type repeated_values = load_vector(value + channel);
            const TapNumbers repeated_taps = load_taps(tap + channel);
#pragma GCC unroll 32
            for (int t = 0; t < TAPS; ++t) {
                auto wins = mask_for<T>(repeated_taps == TapNumbers{} + (int32_t)to.number[t]);
                store_vector(
                    wins ? repeated_values : typename Vector<T>::type{}, (T*)to.data[t] + channel
                );
            }
        }
    }
};

// The element at each window's tap, to `y`, contiguous.
template <typename A, typename B, typename C, typename T>
struct Gather {
    static constexpr int lines = A::window * B::window;
    const bool in_blocks;
    const Grid taps;
    T* y;

    void line(const Lines<lines>&, const WindowIndex&) {}

    const char* tap(const WindowIndex& w) const {
        return taps.line(w.a, w.b) + w.c * taps.strides[2];
    }

    UNPOOL_INLINE void block(const Lines<lines>& line, npy_intp start, const WindowIndex& index) {
        const TapNumbers numbers = load_taps(taps.data + index.at);
        typename Vector<T>::type gathered = {};
#pragma GCC unroll 32
        for (int i = 0; i < lines; ++i)
#pragma GCC unroll 32
            for (int tap = 0; tap < C::window; ++tap) {
                auto from = (const T*)line.data[i] + start + tap * C::dilation;
                auto wins = mask_for<T>(numbers == TapNumbers{} + ((int32_t)line.number[i] + tap));
                gathered = wins ? load_lanes<C::stride>(from) : gathered;
            }
        store_vector(gathered, y + index.at);
    }

    void window(
        const Lines<lines>& line, const Ends& c, npy_intp stride, const WindowIndex& index
    ) {
        npy_intp number = *(const uint8_t*)tap(index);
        npy_intp along = c.start + number % C::window * C::dilation;
        y[index.at] = is_inside<C>(line, c, number)
                          ? *(const T*)(line.data[number / C::window] + along * stride)
                          : T();
    }
};

// In both, `taps` has one element for each window; `y` is contiguous.
template <typename A, typename B, typename C, typename T>
static void tap_unpool(const Windows& windows, const View& values, const View& taps, View y) {
    const int n = windows.ndim;
    Walk value(values, values.ndim - n), tap(taps, values.ndim - n), item(y, values.ndim - n);
    const npy_intp size = y.trailing(n, 0).size();
    const bool in_blocks =
        values.trailing(n, 0).is_contiguous(sizeof(T)) && taps.trailing(n, 0).is_contiguous(1);
    typedef Unpool<A, B, C, T> Item;
    npy_intp low, high;
    find_inside<C>(y.shape[y.ndim - 1], windows.counts[n - 1], &low, &high);
    const bool is_covered = in_blocks && low == 0 && high == windows.counts[n - 1] &&
                            high >= LANES &&
                            has_all_elements<A, B, C>(windows, Grid(y.trailing(n, 0)));
    for (npy_intp i = item.rounds(); i > 0; --i, item.step(), value.step(), tap.step()) {
        View plane = y.trailing(n, item.offset);
        if (!is_covered) memset(plane.data, 0, size * sizeof(T));
        Item unpool = {
            in_blocks, Grid(values.trailing(n, value.offset)), Grid(taps.trailing(n, tap.offset))
        };
        walk_unrolled<A, B, C, true>(windows, plane, sizeof(T), unpool);
    }
}

// For arrays with channels innermost.
template <typename A, typename B, typename C, typename T>
static void tap_unpool_channels(
    const Windows& windows, const View& values, const View& taps, View y
) {
    const int n = windows.ndim, outer = y.ndim - n - 1;
    Walk value(values, outer), tap(taps, outer), item(y, outer);
    const npy_intp size = y.trailing(n + 1, 0).size();
    const bool is_covered = has_all_elements<A, B, C>(windows, Grid(y.trailing(n, 0)));
    for (npy_intp i = item.rounds(); i > 0; --i, item.step(), value.step(), tap.step()) {
        View images = y.trailing(n + 1, item.offset);
        if (!is_covered) memset(images.data, 0, size * sizeof(T));
        UnpoolChannels<A::window * B::window * C::window, T> unpool = {
            y.shape[outer], Grid(values.trailing(n, value.offset)),
            Grid(taps.trailing(n, tap.offset))
        };
        walk_unrolled_channels<A, B, C, true>(windows, images, unpool);
    }
}

template <typename A, typename B, typename C, typename T>
static void tap_gather(const Windows& windows, const View& x, const View& taps, View y) {
    const int n = windows.ndim;
    Walk item(x, x.ndim - n), tap(taps, x.ndim - n), target(y, x.ndim - n);
    const bool in_blocks = taps.trailing(n, 0).is_contiguous(1);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step(), tap.step(), target.step()) {
        Gather<A, B, C, T> gather = {
            in_blocks, Grid(taps.trailing(n, tap.offset)), (T*)(y.data + target.offset)
        };
        walk_unrolled<A, B, C, true>(windows, x.trailing(n, item.offset), sizeof(T), gather);
    }
}

}  // namespace pytensor_unpool

#endif
