// Dot products of the rows of two matrices: C += A B^T, which gradients of kernels are made of. As
// in kernels/numba/conv/gemm_nt.py, except that a single row of A has microkernels of its own.
#ifndef PYTENSOR_UNPOOL_CONV_GEMM_NT_H
#define PYTENSOR_UNPOOL_CONV_GEMM_NT_H

#include <utility>

namespace pytensor_unpool {

// The narrowest microkernel that is wide enough, for one row or DOT_ROWS.
template <typename T>
struct DotKernel {
    typedef void (*Multiply)(const T* const*, const T* const*, npy_intp, T*);
    Multiply multiply;
    npy_intp columns;

    template <int ROWS, int COLUMNS>
    static DotKernel with() { return {multiply_dots<ROWS, COLUMNS, T>, COLUMNS}; }

    template <int ROWS>
    static DotKernel of(npy_intp columns) {
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

// A, of which rows are `pitch` apart; B, of which they begin at `offsets`. Row j of B is column
// columns[j] of C. There are n rows of B, and all rows are k long.
template <typename T>
struct DotOperands {
    T* a;
    npy_intp pitch;
    T* b;
    npy_intp *offsets, *columns;
    npy_intp n, k;
};

// Add to C, whose rows are `c_step` apart, the products of m rows of A.
template <typename T>
static void gemm_nt(const DotOperands<T>& operands, npy_intp m, T* c, npy_intp c_step) {
    // Vectors beyond the last one are summed up too.
    constexpr int width = Wide<T>::lanes, most = DOT_ROWS * MAX_DOT_COLUMNS + width;
    T lanes[most * width] = {}, sums[most];
    const npy_intp n = operands.n, tiles = ceil_divide(n, MAX_DOT_COLUMNS);
    for (npy_intp tile = 0; tile < tiles; ++tile) {
        const npy_intp first = n * tile / tiles;
        const npy_intp used = n * (tile + 1) / tiles - first;
        // Missing columns and rows repeat the last one, and are not added.
        const DotKernel<T> single = DotKernel<T>::template of<1>(used);
        const DotKernel<T> several = DotKernel<T>::template of<DOT_ROWS>(used);
        const T* of_columns[MAX_DOT_COLUMNS];
        for (npy_intp i = 0; i < several.columns; ++i)
            of_columns[i] = operands.b + operands.offsets[first + at_most(i, used - 1)];
        for (npy_intp row = 0; row < m; row += DOT_ROWS) {
            const npy_intp rows = at_most(DOT_ROWS, m - row);
            const T* of_rows[DOT_ROWS];
            for (npy_intp i = 0; i < DOT_ROWS; ++i)
                of_rows[i] = operands.a + (row + at_most(i, rows - 1)) * operands.pitch;
            const DotKernel<T>& kernel = rows == 1 ? single : several;
            kernel.multiply(of_rows, of_columns, operands.k, lanes);
            for (npy_intp v = 0; v < rows * kernel.columns; v += width)
                sum_lanes(lanes + v * width, sums + v);
            for (npy_intp i = 0; i < rows; ++i)
                for (npy_intp j = 0; j < used; ++j)
                    c[(row + i) * c_step + operands.columns[first + j]] +=
                        sums[i * kernel.columns + j];
        }
    }
}

}  // namespace pytensor_unpool

#endif
