// Convolution with 3 by 3 taps and stride 1 in 16 multiplications for every 36: Winograd's minimal
// filtering F(2x2, 3x3), see S. Winograd, Arithmetic complexity of computations (1980), and A.
// Lavin and S. Gray, https://arxiv.org/abs/1509.09308. A tile of 2 by 2 outputs reads 4 by 4
// elements; these, and the taps, are transformed to 16 points, channels are summed up at each
// point, and the sums are transformed to outputs. A NaN spreads no farther than without, integers
// stay exact, and an infinity may become NaN. As in kernels/numba/conv/winograd.py, except for the
// panels of weights: see conv/gemm.h.
#ifndef PYTENSOR_UNPOOL_CONV_WINOGRAD_H
#define PYTENSOR_UNPOOL_CONV_WINOGRAD_H

namespace pytensor_unpool {

// A tile reads ALPHA by ALPHA elements, and has as many points when transformed.
const int WINOGRAD_TAPS = 3, ALPHA = 4, POINTS = ALPHA * ALPHA;

template <typename T>
static npy_intp transformed_bytes(npy_intp tiles, npy_intp channels) {
    return POINTS * tiles * channels * (npy_intp)sizeof(T);
}

// The tiles of some images: how many rows of them each has, of how many `columns`.
struct TileGrid {
    npy_intp images, rows, columns;

    npy_intp all_rows() const { return images * rows; }

    // How many rows of tiles are done at a time, for this total number of channels.
    template <typename T>
    npy_intp rows_at_a_time(npy_intp channels, npy_intp most_tiles) const {
        const npy_intp fitting = WINOGRAD_TILE_BYTES / transformed_bytes<T>(1, channels);
        const npy_intp most = at_least(1, at_most(most_tiles, fitting) / columns);
        return ceil_divide(all_rows(), ceil_divide(all_rows(), most));
    }
};

// Tiles at all points: those of a channel are `pitch` elements. A vector may be written, and a tile
// of sums read, beyond the last one. Neither channels nor points are a power of two apart: they
// would share a few cache lines.
template <typename T>
struct Transformed {
    T* data;
    npy_intp channels, pitch;

    static npy_intp pitch_of(npy_intp tiles) {
        return (ceil_divide(tiles + widest_tile<T>(), Wide<T>::lanes) | 1) * Wide<T>::lanes;
    }
    npy_intp step() const { return (channels | 1) * pitch; }
    npy_intp bytes() const { return POINTS * step() * sizeof(T); }
    T* at(int point, npy_intp channel) const { return data + point * step() + channel * pitch; }
};

// The transforms on one of the two axes: of four elements, of the cotangents of two outputs, and of
// three taps.
template <typename V>
static UNPOOL_INLINE void input_1d(const V* from, int step, V* to) {
    to[0] = from[0] - from[2 * step];
    to[step] = from[step] + from[2 * step];
    to[2 * step] = from[2 * step] - from[step];
    to[3 * step] = from[step] - from[3 * step];
}

template <typename V>
static UNPOOL_INLINE void dy_1d(const V& a, const V& b, V* to, int step) {
    to[0] = a;
    to[step] = a + b;
    to[2 * step] = a - b;
    to[3 * step] = -b;
}

template <typename V>
static UNPOOL_INLINE void filter_1d(const V* from, int from_step, V* to, int step) {
    const V ends = from[0] + from[2 * from_step];
    to[0] = from[0];
    to[step] = (ends + from[from_step]) / 2;
    to[2 * step] = (ends - from[from_step]) / 2;
    to[3 * step] = from[2 * from_step];
}

// The transposes of the last two.
template <typename V>
static UNPOOL_INLINE void output_1d(const V* from, int step, V* a, V* b) {
    *a = from[0] + from[step] + from[2 * step];
    *b = from[step] - from[2 * step] - from[3 * step];
}

template <typename V>
static UNPOOL_INLINE void dk_1d(const V* from, int step, V* to, int to_step) {
    to[0] = from[0] + (from[step] + from[2 * step]) / 2;
    to[to_step] = (from[step] - from[2 * step]) / 2;
    to[2 * to_step] = (from[step] + from[2 * step]) / 2 + from[3 * step];
}

// Rows of an image, split into even and odd columns; all these halves are `span` elements apart.
// Zeros stand for what is outside.
template <typename T>
struct SplitRows {
    T* data;
    npy_intp span;

    static npy_intp span_of(const TileGrid& grid) { return grid.columns + 1 + Wide<T>::lanes; }
    static npy_intp bytes(const TileGrid& grid, npy_intp rows) {
        return (2 * at_most(rows, grid.rows) + 2) * 2 * span_of(grid) * sizeof(T);
    }
    T* even(npy_intp row) const { return data + 2 * row * span; }
    T* odd(npy_intp row) const { return even(row) + span; }

    // Split `count` rows of a channel from row `first` and column `start` on into `pairs` of
    // columns.
    void split(
        const View& x, npy_intp image, npy_intp channel, npy_intp first, npy_intp count,
        npy_intp start, npy_intp pairs
    ) const {
        const char* data = x.data + image * x.strides[0] + channel * x.strides[1];
        const PackedRow evens(x.shape[4], x.strides[4], start, 2, pairs);
        const PackedRow odds(x.shape[4], x.strides[4], start + 1, 2, pairs);
        for (npy_intp i = 0; i < count; ++i) {
            const npy_intp y = first + i;
            if (y < 0 || y >= x.shape[3]) {
                memset(even(i), 0, 2 * span * sizeof(T));
                continue;
            }
            evens.pack(data + y * x.strides[3], even(i));
            odds.pack(data + y * x.strides[3], odd(i));
        }
    }
};

// Transform the elements that `count` tiles read, from row number `row` on. Point p of tile i goes
// to to[p * step + i].
template <typename T>
static void transform_input_tiles(
    const SplitRows<T>& rows, npy_intp row, npy_intp count, T* to, npy_intp step
) {
    typedef typename Wide<T>::type V;
    for (npy_intp i = 0; i < count; i += Wide<T>::lanes) {
        V read[ALPHA], across[POINTS], all[POINTS];
#pragma GCC unroll 4
        for (int r = 0; r < ALPHA; ++r) {
            const T *even = rows.even(row + r) + i, *odd = rows.odd(row + r) + i;
            read[0] = Wide<T>::load(even);
            read[1] = Wide<T>::load(odd);
            read[2] = Wide<T>::load(even + 1);
            read[3] = Wide<T>::load(odd + 1);
            input_1d(read, 1, across + ALPHA * r);
        }
#pragma GCC unroll 4
        for (int c = 0; c < ALPHA; ++c) input_1d(across + c, ALPHA, all + c);
#pragma GCC unroll 16
        for (int point = 0; point < POINTS; ++point)
            memcpy(to + point * step + i, &all[point], sizeof(V));
    }
}

// Transform the cotangents of `count` tiles: rows number `row` and the next.
template <typename T>
static void transform_dy_tiles(
    const SplitRows<T>& rows, npy_intp row, npy_intp count, T* to, npy_intp step
) {
    typedef typename Wide<T>::type V;
    for (npy_intp i = 0; i < count; i += Wide<T>::lanes) {
        V across[2 * ALPHA], all[POINTS];
#pragma GCC unroll 2
        for (int r = 0; r < 2; ++r)
            dy_1d(Wide<T>::load(rows.even(row + r) + i), Wide<T>::load(rows.odd(row + r) + i),
                  across + ALPHA * r, 1);
#pragma GCC unroll 4
        for (int c = 0; c < ALPHA; ++c) dy_1d(across[c], across[ALPHA + c], all + c, ALPHA);
#pragma GCC unroll 16
        for (int point = 0; point < POINTS; ++point)
            memcpy(to + point * step + i, &all[point], sizeof(V));
    }
}

// Transform `count` tiles to outputs: rows number 0 and 1.
template <typename T>
static void transform_output_tiles(
    const T* from, npy_intp step, npy_intp count, const SplitRows<T>& rows
) {
    typedef typename Wide<T>::type V;
    for (npy_intp i = 0; i < count; i += Wide<T>::lanes) {
        V even[ALPHA], odd[ALPHA], outputs[4];
#pragma GCC unroll 4
        for (int r = 0; r < ALPHA; ++r) {
            V read[ALPHA];
#pragma GCC unroll 4
            for (int c = 0; c < ALPHA; ++c)
                read[c] = Wide<T>::load(from + (ALPHA * r + c) * step + i);
            output_1d(read, 1, even + r, odd + r);
        }
        output_1d(even, 1, outputs, outputs + 2);
        output_1d(odd, 1, outputs + 1, outputs + 3);
        memcpy(rows.even(0) + i, outputs, sizeof(V));
        memcpy(rows.odd(0) + i, outputs + 1, sizeof(V));
        memcpy(rows.even(1) + i, outputs + 2, sizeof(V));
        memcpy(rows.odd(1) + i, outputs + 3, sizeof(V));
    }
}

// Transform rows `first` to before `end` of tiles of images (or, where REACH is 2, of `dy`), whose
// first tile reads from `start` on.
template <int REACH, typename T>
static void transform_tiles(
    const View& x, const npy_intp* start, const TileGrid& grid, npy_intp first, npy_intp end,
    const SplitRows<T>& rows, const Transformed<T>& to
) {
    const npy_intp more = REACH - 2, tiles = (end - first) * grid.columns, step = to.step();
    for (npy_intp channel = 0; channel < to.channels; ++channel) {
        T* at = to.at(0, channel);
        for (npy_intp row = first; row < end;) {
            const npy_intp begin = row % grid.rows;
            const npy_intp count = at_most(grid.rows - begin, end - row);
            rows.split(x, row / grid.rows, channel, start[0] + 2 * begin, 2 * count + more,
                       start[1], grid.columns + more / 2);
            for (npy_intp i = 0; i < count; ++i, at += grid.columns)
                if (REACH == ALPHA) transform_input_tiles(rows, 2 * i, grid.columns, at, step);
                else transform_dy_tiles(rows, 2 * i, grid.columns, at, step);
            row += count;
        }
        // What is written beyond the last tile is not part of any.
        for (int point = 0; point < POINTS; ++point)
            memset(to.at(point, channel) + tiles, 0, Wide<T>::lanes * sizeof(T));
    }
}

template <typename T>
static void transform_input(
    const View& x, const npy_intp* start, const TileGrid& grid, npy_intp first, npy_intp end,
    const SplitRows<T>& rows, const Transformed<T>& to
) {
    transform_tiles<ALPHA>(x, start, grid, first, end, rows, to);
}

template <typename T>
static void transform_dy(
    const View& dy, const TileGrid& grid, npy_intp first, npy_intp end, const SplitRows<T>& rows,
    const Transformed<T>& to
) {
    const npy_intp origin[] = {0, 0};
    transform_tiles<2>(dy, origin, grid, first, end, rows, to);
}

// The taps of a correlation at all points: (point, panel, channel, row of the panel).
template <typename T>
static void transform_filter(const Correlation<T>& one, npy_intp channels, T* packed) {
    const Panels panels = {one.m};
    const npy_intp step = one.m * channels;
    npy_intp at[9];
    for (int t = 0; t < 9; ++t) at[t] = 3 * one.taps[t].shift[1] + one.taps[t].shift[2];
    for (npy_intp p = 0; p < panels.count(); ++p) {
        const npy_intp begin = panels.first(p), mr = panels.rows(p);
        for (npy_intp channel = 0; channel < channels; ++channel) {
            T taps[9][MR], across[12][MR], all[POINTS][MR];
            const char* weights = one.weights + begin * one.m_step + channel * one.channel_step;
            for (int t = 0; t < 9; ++t)
                for (npy_intp i = 0; i < mr; ++i)
                    taps[at[t]][i] = *(const T*)(weights + i * one.m_step + one.taps[t].weight);
            for (int x = 0; x < 3; ++x)
                for (npy_intp i = 0; i < mr; ++i)
                    filter_1d(&taps[x][i], 3 * MR, &across[x][i], 3 * MR);
            for (int y = 0; y < ALPHA; ++y)
                for (npy_intp i = 0; i < mr; ++i)
                    filter_1d(&across[3 * y][i], MR, &all[ALPHA * y][i], MR);
            T* to = packed + begin * channels + channel * mr;
            for (int point = 0; point < POINTS; ++point)
                memcpy(to + point * step, all[point], mr * sizeof(T));
        }
    }
}

// Sum over channels at each point, for some tiles.
template <typename T>
static void multiply_points(
    const T* weights, npy_intp m, const npy_intp* offsets, npy_intp tiles,
    const Transformed<T>& read, const Transformed<T>& sums
) {
    const Panels panels = {m};
    const npy_intp channels = read.channels;
    for (int point = 0; point < POINTS; ++point)
        for (npy_intp p = 0; p < panels.count(); ++p) {
            const npy_intp row = panels.first(p);
            const TileKernel<T> kernel = TileKernel<T>::of(panels.rows(p));
            for (npy_intp i = 0; i < tiles; i += kernel.nr)
                kernel.multiply(weights + (point * m + row) * channels, offsets, channels,
                                read.at(point, 0) + i, sums.at(point, row) + i, sums.pitch);
        }
}

// Write the outputs of rows `first` to before `end` of tiles.
template <typename T>
static void transform_output(
    const Transformed<T>& sums, const TileGrid& grid, npy_intp first, npy_intp end,
    const SplitRows<T>& rows, const Target<T>& to, npy_intp image_step
) {
    const npy_intp height = to.outputs[1], width = to.outputs[2], pairs = width / 2;
    for (npy_intp channel = 0; channel < sums.channels; ++channel)
        for (npy_intp row = first; row < end; ++row) {
            transform_output_tiles(sums.at(0, channel) + (row - first) * grid.columns,
                                   sums.step(), grid.columns, rows);
            const npy_intp top = 2 * (row % grid.rows);
            T* put = to.data + row / grid.rows * image_step + channel * to.channel_step;
            put += top * width;
            for (npy_intp r = 0; r < at_most(2, height - top); ++r, put += width) {
                const T *even = rows.even(r), *odd = rows.odd(r);
                for (npy_intp i = 0; i < pairs; ++i) {
                    put[2 * i] = even[i];
                    put[2 * i + 1] = odd[i];
                }
                if (width % 2) put[width - 1] = even[pairs];
            }
        }
}

// Compute the only correlation of `c`, with nine taps; false if there is no scratch memory.
template <typename T>
static bool winograd(const Correlations<T>& c) {
    const Correlation<T>& one = c.all[0];
    const Target<T>& to = one.target;
    const npy_intp start[] = {c.packing.axes[1].start, c.packing.axes[2].start};
    const npy_intp channels = c.images.shape[1];
    const TileGrid grid = {
        c.images.shape[0], ceil_divide(to.outputs[1], 2), ceil_divide(to.outputs[2], 2)
    };
    const npy_intp most = grid.rows_at_a_time<T>(channels + one.m, WINOGRAD_TILES);
    const npy_intp pitch = Transformed<T>::pitch_of(most * grid.columns);
    Transformed<T> read = {NULL, channels, pitch}, sums = {NULL, one.m, pitch};
    SplitRows<T> rows = {NULL, SplitRows<T>::span_of(grid)};
    const npy_intp split_bytes = SplitRows<T>::bytes(grid, most);
    Scratch weights(POINTS * one.m * channels * sizeof(T)), offsets(channels * sizeof(npy_intp));
    Scratch before(read.bytes()), after(sums.bytes()), split(split_bytes);
    if (!weights.data || !offsets.data || !before.data || !after.data || !split.data) return false;
    memset(split.data, 0, split_bytes);
    read.data = (T*)before.data;
    sums.data = (T*)after.data;
    rows.data = (T*)split.data;
    npy_intp* offset = (npy_intp*)offsets.data;
    for (npy_intp channel = 0; channel < channels; ++channel) offset[channel] = channel * pitch;
    transform_filter(one, channels, (T*)weights.data);
    for (npy_intp first = 0; first < grid.all_rows(); first += most) {
        const npy_intp end = at_most(grid.all_rows(), first + most);
        transform_input(c.images, start, grid, first, end, rows, read);
        multiply_points((const T*)weights.data, one.m, offset, (end - first) * grid.columns, read,
                        sums);
        transform_output(sums, grid, first, end, rows, to, c.image_step);
    }
    return true;
}

}  // namespace pytensor_unpool

#endif
