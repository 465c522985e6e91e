// Sums of products in registers: what convolutions spend their time in. As in kernels/numba.
#ifndef PYTENSOR_UNPOOL_TILES_H
#define PYTENSOR_UNPOOL_TILES_H

#include <type_traits>

#ifndef UNPOOL_INLINE
#define UNPOOL_INLINE inline __attribute__((always_inline))
#endif

namespace pytensor_unpool {

// The widest vectors that the machine has, and how many of them sums may fill.
#if defined(__AVX512F__)
const int VECTOR_BYTES = 64, MOST_SUMS = ACCUMULATORS_AVX512;
#elif defined(__AVX__)
const int VECTOR_BYTES = 32, MOST_SUMS = ACCUMULATORS;
#else
const int VECTOR_BYTES = 16, MOST_SUMS = ACCUMULATORS;
#endif

const int MOST_ROWS = MOST_SUMS / 2, MOST_VECTORS = MAX_TILE_VECTORS;

template <typename T>
struct Wide {
    typedef T type __attribute__((vector_size(VECTOR_BYTES)));
    static constexpr int lanes = VECTOR_BYTES / sizeof(T);

    static UNPOOL_INLINE type load(const T* from) {
        type vector;
        memcpy(&vector, from, sizeof vector);
        return vector;
    }
};

// How many vectors tiles with so many rows are wide: few rows leave registers for more.
constexpr int vectors_of(int rows) {
    return MOST_SUMS / rows < MOST_VECTORS ? MOST_SUMS / rows : MOST_VECTORS;
}

// The widest tile, in elements.
template <typename T>
constexpr npy_intp widest_tile() { return MOST_VECTORS * Wide<T>::lanes; }

// Where row number `row` of a tile goes: rows are so far apart and written; or each has its place, and
// is added to what is there.
static inline npy_intp place_of(npy_intp step, int row) { return row * step; }
static inline npy_intp place_of(const npy_intp* places, int row) { return places[row]; }

// Row r, column c of a tile is the sum over k of weights[k][r] * source[offsets[k] + c].
template <int ROWS, typename T, typename Places>
static void multiply_tile(
    const T* weights, const npy_intp* offsets, npy_intp number, const T* source, T* tile,
    Places places
) {
    typedef typename Wide<T>::type V;
    constexpr int vectors = vectors_of(ROWS), lanes = Wide<T>::lanes;
    V sums[ROWS][vectors] = {};
    for (npy_intp k = 0; k < number; ++k, weights += ROWS) {
        const T* from = source + offsets[k];
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
            T* to = tile + place_of(places, row) + v * lanes;
            if (!std::is_integral<Places>::value) sums[row][v] += Wide<T>::load(to);
            memcpy(to, &sums[row][v], sizeof(V));
        }
}

// The code for tiles with so many rows, and how wide they are.
template <typename T, typename Places = npy_intp>
struct TileKernel {
    typedef void (*Multiply)(const T*, const npy_intp*, npy_intp, const T*, T*, Places);
    Multiply multiply;
    int width;

    template <int ROWS>
    static TileKernel of() {
        return {multiply_tile<ROWS, T, Places>, vectors_of(ROWS) * Wide<T>::lanes};
    }

    static TileKernel of(npy_intp rows) {
        static const TileKernel all[] = {
            of<1>(), of<2>(), of<3>(), of<4>(), of<5>(), of<6>(),
#if defined(__AVX512F__)
            of<7>(), of<8>(), of<9>(), of<10>(), of<11>(), of<12>(),
#endif
        };
        return all[rows - 1];
    }
};

// Keeps a vector in a register: GCC would read it from memory for each product.
template <typename V>
static UNPOOL_INLINE V held(V vector) {
#if defined(__AVX512F__)
    asm("" : "+v"(vector));
#elif defined(__SSE2__)
    asm("" : "+x"(vector));
#endif
    return vector;
}

// Lane l of vector (row, column) of `lanes` = sum of rows[row][i] * columns[column][i] over every
// i < number that is l modulo the number of lanes; `number` is a multiple of that.
template <int ROWS, int COLUMNS, typename T>
static void multiply_lanes(
    const T* const* rows, const T* const* columns, npy_intp number, T* lanes
) {
    typedef typename Wide<T>::type V;
    V sums[ROWS][COLUMNS] = {};
    for (npy_intp i = 0; i < number; i += Wide<T>::lanes) {
        V read[COLUMNS];
#pragma GCC unroll 8
        for (int c = 0; c < COLUMNS; ++c) read[c] = held(Wide<T>::load(columns[c] + i));
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r) {
            const V row = held(Wide<T>::load(rows[r] + i));
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
