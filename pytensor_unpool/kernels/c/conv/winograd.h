// Convolution with 3 by 3 taps and stride 1 in 16 multiplications for every 36: Winograd's minimal
// filtering F(2x2, 3x3), see S. Winograd, Arithmetic complexity of computations (1980), and A.
// Lavin and S. Gray, https://arxiv.org/abs/1509.09308. A tile of 2 by 2 outputs reads 4 by 4
// elements; both, and the taps, are spread to 16 places, and channels are summed up in each alone.
// A NaN gets no farther than without, whole numbers stay exact, and an infinity may become NaN.
#ifndef PYTENSOR_UNPOOL_WINOGRAD_H
#define PYTENSOR_UNPOOL_WINOGRAD_H

namespace pytensor_unpool {

const int WINOGRAD_TAPS = 3, REACH = 4, PLACES = REACH * REACH;

template <typename T>
static npy_intp places_bytes(npy_intp tiles, npy_intp channels) {
    return PLACES * tiles * channels * (npy_intp)sizeof(T);
}

template <typename T>
static bool takes_winograd(const Convolution& conv) {
    const ConvAxis* axes = conv.axes;
    for (int i = 1; i < SPATIAL; ++i)
        if (axes[i].taps != WINOGRAD_TAPS || axes[i].stride != 1 || axes[i].dilation != 1)
            return false;
    const npy_intp longest = at_least(axes[2].length, axes[2].outputs) / 2 + 1;
    return axes[0].length == 1 && axes[0].taps == 1 && axes[0].outputs == 1 &&
           axes[0].before == 0 && conv.channels >= WINOGRAD_CHANNELS &&
           conv.rows >= WINOGRAD_CHANNELS &&
           conv.images * axes[1].outputs * axes[2].outputs >= WINOGRAD_OUTPUTS &&
           places_bytes<T>(longest, conv.channels + conv.rows) <= WINOGRAD_TILE_BYTES &&
           places_bytes<T>(conv.rows, conv.channels) <= WINOGRAD_WEIGHT_BYTES;
}

// The tiles of some images: `lines` of them in each, with so many `columns`.
struct TileGrid {
    npy_intp images, lines, columns;

    npy_intp all_lines() const { return images * lines; }
};

// Values of the tiles of some lines, for each place and channel: a row of `pitch` elements. A
// vector may be written, and a tile of sums read, behind the last one. Neither rows nor places are
// a power of two apart, which would have them share a few lines of the cache.
template <typename T>
struct Places {
    T* data;
    npy_intp channels, pitch;

    static npy_intp pitch_of(npy_intp tiles) {
        return (ceil_divide(tiles + widest_tile<T>(), Wide<T>::lanes) | 1) * Wide<T>::lanes;
    }
    npy_intp step() const { return (channels | 1) * pitch; }
    npy_intp bytes() const { return PLACES * step() * sizeof(T); }
    T* row(int place, npy_intp channel) const { return data + place * step() + channel * pitch; }
};

// What one of two axes does to four elements, to two outputs' cotangents, and to three taps.
template <typename V>
static UNPOOL_INLINE void spread_elements(const V* from, int step, V* to) {
    to[0] = from[0] - from[2 * step];
    to[step] = from[step] + from[2 * step];
    to[2 * step] = from[2 * step] - from[step];
    to[3 * step] = from[step] - from[3 * step];
}

template <typename V>
static UNPOOL_INLINE void spread_outputs(const V& a, const V& b, V* to, int step) {
    to[0] = a;
    to[step] = a + b;
    to[2 * step] = a - b;
    to[3 * step] = -b;
}

template <typename V>
static UNPOOL_INLINE void spread_taps(const V* from, int from_step, V* to, int step) {
    const V ends = from[0] + from[2 * from_step];
    to[0] = from[0];
    to[step] = (ends + from[from_step]) / 2;
    to[2 * step] = (ends - from[from_step]) / 2;
    to[3 * step] = from[2 * from_step];
}

// The transposes of the last two.
template <typename V>
static UNPOOL_INLINE void gather_outputs(const V* from, int step, V* a, V* b) {
    *a = from[0] + from[step] + from[2 * step];
    *b = from[step] - from[2 * step] - from[3 * step];
}

template <typename V>
static UNPOOL_INLINE void gather_taps(const V* from, int step, V* to, int to_step) {
    to[0] = from[0] + (from[step] + from[2 * step]) / 2;
    to[to_step] = (from[step] - from[2 * step]) / 2;
    to[2 * to_step] = (from[step] + from[2 * step]) / 2 + from[3 * step];
}

// Copies of some rows of an array, split into their even and odd elements, which are neighbours
// then. Zeros stand for what is outside.
template <typename T>
struct SplitRows {
    T* data;
    npy_intp width;

    static npy_intp width_of(const TileGrid& grid) { return grid.columns + 1 + Wide<T>::lanes; }
    T* even(npy_intp row) const { return data + 2 * row * width; }
    T* odd(npy_intp row) const { return even(row) + width; }

    // Copy rows `first` to before `first + number` of a channel, from column `start` on, as many
    // pairs of columns as there are.
    void copy(
        const View& x, npy_intp image, npy_intp channel, npy_intp first, npy_intp number,
        npy_intp start, npy_intp pairs
    ) const {
        const char* data = x.data + image * x.strides[0] + channel * x.strides[1];
        const CopiedRow evens(x.shape[4], x.strides[4], start, 2, pairs);
        const CopiedRow odds(x.shape[4], x.strides[4], start + 1, 2, pairs);
        for (npy_intp i = 0; i < number; ++i) {
            const npy_intp row = first + i;
            if (row < 0 || row >= x.shape[3]) {
                memset(even(i), 0, 2 * width * sizeof(T));
                continue;
            }
            const char* from = data + row * x.strides[3];
            evens.copy(from, even(i));
            odds.copy(from, odd(i));
        }
    }
};

// Spread the elements that `count` tiles read; the first of the rows is number `row`.
template <typename T>
static void spread_line(
    const SplitRows<T>& rows, npy_intp row, npy_intp count, T* to, npy_intp step
) {
    typedef typename Wide<T>::type V;
    for (npy_intp i = 0; i < count; i += Wide<T>::lanes) {
        V read[REACH], across[PLACES], all[PLACES];
#pragma GCC unroll 4
        for (int r = 0; r < REACH; ++r) {
            const T *even = rows.even(row + r) + i, *odd = rows.odd(row + r) + i;
            read[0] = Wide<T>::load(even);
            read[1] = Wide<T>::load(odd);
            read[2] = Wide<T>::load(even + 1);
            read[3] = Wide<T>::load(odd + 1);
            spread_elements(read, 1, across + REACH * r);
        }
#pragma GCC unroll 4
        for (int c = 0; c < REACH; ++c) spread_elements(across + c, REACH, all + c);
#pragma GCC unroll 16
        for (int place = 0; place < PLACES; ++place)
            memcpy(to + place * step + i, &all[place], sizeof(V));
    }
}

// Spread the cotangents of `count` tiles: rows number `row` and the next.
template <typename T>
static void spread_outputs_line(
    const SplitRows<T>& rows, npy_intp row, npy_intp count, T* to, npy_intp step
) {
    typedef typename Wide<T>::type V;
    for (npy_intp i = 0; i < count; i += Wide<T>::lanes) {
        V across[2 * REACH], all[PLACES];
#pragma GCC unroll 2
        for (int r = 0; r < 2; ++r)
            spread_outputs(Wide<T>::load(rows.even(row + r) + i),
                           Wide<T>::load(rows.odd(row + r) + i), across + REACH * r, 1);
#pragma GCC unroll 4
        for (int c = 0; c < REACH; ++c)
            spread_outputs(across[c], across[REACH + c], all + c, REACH);
#pragma GCC unroll 16
        for (int place = 0; place < PLACES; ++place)
            memcpy(to + place * step + i, &all[place], sizeof(V));
    }
}

// Gather the outputs of `count` tiles: rows number 0 and 1.
template <typename T>
static void gather_line(const T* from, npy_intp step, npy_intp count, const SplitRows<T>& rows) {
    typedef typename Wide<T>::type V;
    for (npy_intp i = 0; i < count; i += Wide<T>::lanes) {
        V even[REACH], odd[REACH], outputs[4];
#pragma GCC unroll 4
        for (int r = 0; r < REACH; ++r) {
            V read[REACH];
#pragma GCC unroll 4
            for (int c = 0; c < REACH; ++c)
                read[c] = Wide<T>::load(from + (REACH * r + c) * step + i);
            gather_outputs(read, 1, even + r, odd + r);
        }
        gather_outputs(even, 1, outputs, outputs + 2);
        gather_outputs(odd, 1, outputs + 1, outputs + 3);
        memcpy(rows.even(0) + i, outputs, sizeof(V));
        memcpy(rows.odd(0) + i, outputs + 1, sizeof(V));
        memcpy(rows.even(1) + i, outputs + 2, sizeof(V));
        memcpy(rows.odd(1) + i, outputs + 3, sizeof(V));
    }
}

// Spread the tiles of lines `first` to before `end` of images (or, where REACH_OF is 2, outputs),
// whose first tile reads from `start` on.
template <int REACH_OF, typename T>
static void spread_all(
    const View& x, const npy_intp* start, const TileGrid& grid, npy_intp first, npy_intp end,
    const SplitRows<T>& rows, const Places<T>& to
) {
    const npy_intp more = REACH_OF - 2, tiles = (end - first) * grid.columns;
    for (npy_intp channel = 0; channel < to.channels; ++channel) {
        T* row = to.row(0, channel);
        for (npy_intp line = first; line < end;) {
            const npy_intp begin = line % grid.lines;
            const npy_intp number = at_most(grid.lines - begin, end - line);
            rows.copy(x, line / grid.lines, channel, start[0] + 2 * begin, 2 * number + more,
                      start[1], grid.columns + more / 2);
            for (npy_intp i = 0; i < number; ++i, row += grid.columns)
                if (REACH_OF == REACH) spread_line(rows, 2 * i, grid.columns, row, to.step());
                else spread_outputs_line(rows, 2 * i, grid.columns, row, to.step());
            line += number;
        }
        // What is written behind the last tile belongs to none.
        for (int place = 0; place < PLACES; ++place)
            memset(to.row(place, channel) + tiles, 0, Wide<T>::lanes * sizeof(T));
    }
}

// Gather the outputs of lines `first` to before `end`.
template <typename T>
static void gather_all(
    const Places<T>& from, const TileGrid& grid, npy_intp first, npy_intp end,
    const SplitRows<T>& rows, const Target<T>& to, npy_intp image_step
) {
    const npy_intp height = to.counts[1], width = to.counts[2], pairs = width / 2;
    for (npy_intp channel = 0; channel < from.channels; ++channel)
        for (npy_intp line = first; line < end; ++line) {
            gather_line(from.row(0, channel) + (line - first) * grid.columns, from.step(),
                        grid.columns, rows);
            const npy_intp y = 2 * (line % grid.lines);
            T* out = to.data + line / grid.lines * image_step + channel * to.row_step + y * width;
            for (npy_intp r = 0; r < at_most(2, height - y); ++r, out += width) {
                const T *even = rows.even(r), *odd = rows.odd(r);
                for (npy_intp i = 0; i < pairs; ++i) {
                    out[2 * i] = even[i];
                    out[2 * i + 1] = odd[i];
                }
                if (width % 2) out[width - 1] = even[pairs];
            }
        }
}

// The taps of a correlation in all places: (place, panel, channel, row of the panel).
template <typename T>
static void spread_weights(const Correlation<T>& one, npy_intp channels, T* packed) {
    const npy_intp n = one.panels(), step = one.rows * channels;
    npy_intp at[9];
    for (int t = 0; t < 9; ++t) at[t] = 3 * one.taps[t].shift[1] + one.taps[t].shift[2];
    for (npy_intp p = 0; p < n; ++p) {
        const npy_intp begin = one.rows * p / n, number = one.rows * (p + 1) / n - begin;
        for (npy_intp channel = 0; channel < channels; ++channel) {
            T taps[9][MOST_ROWS], across[12][MOST_ROWS], all[PLACES][MOST_ROWS];
            const char* weights =
                one.weights + begin * one.weight_row + channel * one.weight_channel;
            for (int t = 0; t < 9; ++t)
                for (npy_intp row = 0; row < number; ++row)
                    taps[at[t]][row] =
                        *(const T*)(weights + row * one.weight_row + one.taps[t].weight);
            for (int i = 0; i < 3; ++i)
                for (npy_intp row = 0; row < number; ++row)
                    spread_taps(&taps[i][row], 3 * MOST_ROWS, &across[i][row], 3 * MOST_ROWS);
            for (int r = 0; r < REACH; ++r)
                for (npy_intp row = 0; row < number; ++row)
                    spread_taps(&across[3 * r][row], MOST_ROWS, &all[REACH * r][row], MOST_ROWS);
            T* to = packed + begin * channels + channel * number;
            for (int place = 0; place < PLACES; ++place)
                memcpy(to + place * step, all[place], number * sizeof(T));
        }
    }
}

// Run the only correlation of `c`, with nine taps; false if there is no memory for scratch.
template <typename T>
static bool winograd(const Correlations<T>& c) {
    const Correlation<T>& one = c.all[0];
    const Target<T>& to = one.target;
    const npy_intp start[] = {c.axes[1].start, c.axes[2].start}, channels = c.images.shape[1];
    const TileGrid grid = {
        c.images.shape[0], ceil_divide(to.counts[1], 2), ceil_divide(to.counts[2], 2)
    };
    const npy_intp fitting = WINOGRAD_TILE_BYTES / places_bytes<T>(1, channels + one.rows);
    const npy_intp most = at_least(1, at_most(WINOGRAD_TILES, fitting) / grid.columns);
    const npy_intp lines = ceil_divide(grid.all_lines(), ceil_divide(grid.all_lines(), most));
    const npy_intp pitch = Places<T>::pitch_of(lines * grid.columns);
    Places<T> read = {NULL, channels, pitch}, summed = {NULL, one.rows, pitch};
    SplitRows<T> rows = {NULL, SplitRows<T>::width_of(grid)};
    const npy_intp split_bytes = (2 * at_most(lines, grid.lines) + 2) * 2 * rows.width * sizeof(T);
    Scratch packed(PLACES * one.rows * channels * sizeof(T)), offsets(channels * sizeof(npy_intp));
    Scratch before(read.bytes()), after(summed.bytes()), split(split_bytes);
    if (!packed.data || !offsets.data || !before.data || !after.data || !split.data) return false;
    memset(split.data, 0, split_bytes);
    read.data = (T*)before.data;
    summed.data = (T*)after.data;
    rows.data = (T*)split.data;
    npy_intp* offset = (npy_intp*)offsets.data;
    for (npy_intp channel = 0; channel < channels; ++channel) offset[channel] = channel * pitch;
    spread_weights(one, channels, (T*)packed.data);
    const npy_intp n = one.panels();
    for (npy_intp first = 0; first < grid.all_lines(); first += lines) {
        const npy_intp end = at_most(grid.all_lines(), first + lines);
        spread_all<REACH>(c.images, start, grid, first, end, rows, read);
        for (int place = 0; place < PLACES; ++place)
            for (npy_intp p = 0; p < n; ++p) {
                const npy_intp row = one.rows * p / n, number = one.rows * (p + 1) / n - row;
                const TileKernel<T> kernel = TileKernel<T>::of(number);
                const T* weights = (T*)packed.data + (place * one.rows + row) * channels;
                for (npy_intp i = 0; i < (end - first) * grid.columns; i += kernel.width)
                    kernel.multiply(weights, offset, channels, read.row(place, 0) + i,
                                    summed.row(place, row) + i, pitch);
            }
        gather_all(summed, grid, first, end, rows, to, c.image_step);
    }
    return true;
}

}  // namespace pytensor_unpool

#endif
