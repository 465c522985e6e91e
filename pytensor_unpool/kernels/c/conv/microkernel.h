// Microkernels: tiles of sums of products that are held in registers. As in
// kernels/numba/conv/microkernel.py, except that a tile has any number of rows up to MR.
#ifndef PYTENSOR_UNPOOL_CONV_MICROKERNEL_H
#define PYTENSOR_UNPOOL_CONV_MICROKERNEL_H

#include <type_traits>

namespace pytensor_unpool {

// The vector registers that sums may fill.
#if defined(__AVX512F__)
const int MAX_SUMS = ACCUMULATORS_AVX512;
#else
const int MAX_SUMS = ACCUMULATORS;
#endif

const int MR = MAX_SUMS / 2, MAX_DOT_COLUMNS = MAX_SUMS / DOT_ROWS;

// How many vectors a tile of `mr` rows is wide: with fewer rows, it is wider.
constexpr int tile_vectors(int mr) {
    return MAX_SUMS / mr < MAX_TILE_VECTORS ? MAX_SUMS / mr : (int)MAX_TILE_VECTORS;
}

// How many elements the widest tile has in a row.
template <typename T>
constexpr npy_intp widest_tile() { return MAX_TILE_VECTORS * Wide<T>::lanes; }

// Where a row of a tile begins: rows are one step apart and written; or begin where a list says,
// and are added to what is there.
static inline npy_intp row_start(npy_intp row_step, int row) { return row * row_step; }
static inline npy_intp row_start(const npy_intp* starts, int row) { return starts[row]; }

// Row r, column c of a tile is the sum over i of weights[i][r] * source[offsets[i] + c].
template <int ROWS, typename T, typename RowStep>
static void multiply_tile(
    const T* weights, const npy_intp* offsets, npy_intp k, const T* source, T* tile,
    RowStep row_step
) {
    typedef typename Wide<T>::type V;
    constexpr int vectors = tile_vectors(ROWS), lanes = Wide<T>::lanes;
    V sums[ROWS][vectors] = {};
    for (npy_intp i = 0; i < k; ++i, weights += ROWS) {
        const T* from = source + offsets[i];
        V read[vectors];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) read[v] = Wide<T>::load(from + v * lanes);
#pragma GCC unroll 12
        for (int row = 0; row < ROWS; ++row)
#pragma GCC unroll 8
            for (int v = 0; v < vectors; ++v) sums[row][v] += weights[row] * read[v];
    }
#pragma GCC unroll 12
    for (int row = 0; row < ROWS; ++row)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) {
            T* to = tile + row_start(row_step, row) + v * lanes;
            if (!std::is_integral<RowStep>::value) sums[row][v] += Wide<T>::load(to);
            memcpy(to, &sums[row][v], sizeof(V));
        }
}

// The microkernel for tiles of `mr` rows, and how wide these are, in elements.
template <typename T, typename RowStep = npy_intp>
struct TileKernel {
    typedef void (*Multiply)(const T*, const npy_intp*, npy_intp, const T*, T*, RowStep);
    Multiply multiply;
    int nr;

    template <int ROWS>
    static TileKernel of() {
        return {multiply_tile<ROWS, T, RowStep>, tile_vectors(ROWS) * Wide<T>::lanes};
    }

    static TileKernel of(npy_intp mr) {
        static const TileKernel all[] = {
            of<1>(), of<2>(), of<3>(), of<4>(), of<5>(), of<6>(),
#if defined(__AVX512F__)
            of<7>(), of<8>(), of<9>(), of<10>(), of<11>(), of<12>(),
#endif
        };
        return all[mr - 1];
    }
};

// Keeps a vector in a register: GCC would read it from memory for each product.
template <typename V>
static UNPOOL_INLINE V in_register(V vector) {
#if defined(__AVX512F__)
    asm("" : "+v"(vector));
#elif defined(__SSE2__)
    asm("" : "+x"(vector));
#endif
    return vector;
}

// Lane l of vector (row, column) of `lanes` = sum of rows[row][i] * columns[column][i] over every
// i < k that is l modulo the number of lanes, which divides `k`.
template <int ROWS, int COLUMNS, typename T>
static void multiply_dots(const T* const* rows, const T* const* columns, npy_intp k, T* lanes) {
    typedef typename Wide<T>::type V;
    V sums[ROWS][COLUMNS] = {};
    for (npy_intp i = 0; i < k; i += Wide<T>::lanes) {
        V read[COLUMNS];
#pragma GCC unroll 8
        for (int c = 0; c < COLUMNS; ++c) read[c] = in_register(Wide<T>::load(columns[c] + i));
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r) {
            const V row = in_register(Wide<T>::load(rows[r] + i));
#pragma GCC unroll 8
            for (int c = 0; c < COLUMNS; ++c) sums[r][c] += row * read[c];
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
        for (int c = 0; c < COLUMNS; ++c)
            memcpy(lanes + (r * COLUMNS + c) * Wide<T>::lanes, &sums[r][c], sizeof(V));
}

}  // namespace pytensor_unpool

#endif
