// Vectors as wide as the machine has them; see kernels/numba/simd_wide.py.
#ifndef PYTENSOR_UNPOOL_SIMD_WIDE_H
#define PYTENSOR_UNPOOL_SIMD_WIDE_H

#ifndef UNPOOL_INLINE
#define UNPOOL_INLINE inline __attribute__((always_inline))
#endif

namespace pytensor_unpool {

#if defined(__AVX512F__)
const int VECTOR_BYTES = 64;
#elif defined(__AVX__)
const int VECTOR_BYTES = 32;
#else
const int VECTOR_BYTES = 16;
#endif

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

}  // namespace pytensor_unpool

#endif
