// Products of rows, all of one array with all of another: what kernels' gradients are made of.
#ifndef PYTENSOR_UNPOOL_PRODUCTS_H
#define PYTENSOR_UNPOOL_PRODUCTS_H

#include <utility>

namespace pytensor_unpool {

const int MOST_LANE_COLUMNS = MOST_SUMS / DOT_ROWS;

// The code for one row, or else DOT_ROWS, and so many columns, or some more.
template <typename T>
struct LaneKernel {
    typedef void (*Multiply)(const T* const*, const T* const*, npy_intp, T*);
    Multiply multiply;
    npy_intp columns;

    template <int ROWS, int COLUMNS>
    static LaneKernel with() { return {multiply_lanes<ROWS, COLUMNS, T>, COLUMNS}; }

    template <int ROWS>
    static LaneKernel of(npy_intp columns) {
        if (columns == 1) return with<ROWS, 1>();
#if defined(__AVX512F__)
        if (columns > 5) return with<ROWS, 6>();
        if (columns > 3) return with<ROWS, 5>();
#endif
        return with<ROWS, 3>();
    }
};

#ifdef UNPOOL_SHUFFLES
// The sums of pairs of neighbouring lanes, those of `a` before those of `b`.
template <typename V, int... I>
static UNPOOL_INLINE V sum_pairs(const V& a, const V& b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (2 * I)...) +
           __builtin_shufflevector(a, b, (2 * I + 1)...);
}
#endif

// The sums of the lanes of as many vectors as a vector has lanes.
template <typename T>
static void sum_lanes(const T* vectors, T* sums) {
    constexpr int lanes = Wide<T>::lanes;
#ifdef UNPOOL_SHUFFLES
    typename Wide<T>::type v[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) v[i] = Wide<T>::load(vectors + i * lanes);
#pragma GCC unroll 4
    for (int number = lanes / 2; number > 0; number /= 2)
#pragma GCC unroll 16
        for (int i = 0; i < number; ++i)
            v[i] = sum_pairs(v[2 * i], v[2 * i + 1], std::make_integer_sequence<int, lanes>());
    memcpy(sums, &v[0], sizeof v[0]);
#else
    for (int i = 0; i < lanes; ++i) {
        sums[i] = 0;
        for (int lane = 0; lane < lanes; ++lane) sums[i] += vectors[i * lanes + lane];
    }
#endif
}

// The products of the rows of copied outputs with those of copied images: `rows` and `images` have
// them, `pitch` elements for each output channel.
template <typename T>
struct Products {
    T *rows, *images;
    npy_intp pitch, length;
    npy_intp *offsets, *places;  // where the columns' rows begin, and which weights they are for
    npy_intp terms;

    void add(npy_intp number, T* dk, npy_intp row_step) const {
        // Vectors behind the last one are summed up too.
        constexpr int width = Wide<T>::lanes, most = DOT_ROWS * MOST_LANE_COLUMNS + width;
        T lanes[most * width] = {}, sums[most];
        const npy_intp tiles = ceil_divide(terms, MOST_LANE_COLUMNS);
        for (npy_intp tile = 0; tile < tiles; ++tile) {
            const npy_intp first = terms * tile / tiles;
            const npy_intp columns = terms * (tile + 1) / tiles - first;
            // What is missing is done with the last column or row, and not added.
            const LaneKernel<T> single = LaneKernel<T>::template of<1>(columns);
            const LaneKernel<T> several = LaneKernel<T>::template of<DOT_ROWS>(columns);
            const T* of_columns[MOST_LANE_COLUMNS];
            for (npy_intp i = 0; i < several.columns; ++i)
                of_columns[i] = images + offsets[first + at_most(i, columns - 1)];
            for (npy_intp row = 0; row < number; row += DOT_ROWS) {
                const npy_intp n = at_most(DOT_ROWS, number - row);
                const T* of_rows[DOT_ROWS];
                for (npy_intp i = 0; i < DOT_ROWS; ++i)
                    of_rows[i] = rows + (row + at_most(i, n - 1)) * pitch;
                const LaneKernel<T>& kernel = n == 1 ? single : several;
                kernel.multiply(of_rows, of_columns, length, lanes);
                for (npy_intp v = 0; v < n * kernel.columns; v += width)
                    sum_lanes(lanes + v * width, sums + v);
                for (npy_intp i = 0; i < n; ++i)
                    for (npy_intp j = 0; j < columns; ++j)
                        dk[(row + i) * row_step + places[first + j]] +=
                            sums[i * kernel.columns + j];
            }
        }
    }
};

}  // namespace pytensor_unpool

#endif
