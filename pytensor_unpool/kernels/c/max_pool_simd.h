// The maxima of several neighbouring windows at once, in GCC's and Clang's vectors.
#ifndef PYTENSOR_UNPOOL_MAX_POOL_SIMD_H
#define PYTENSOR_UNPOOL_MAX_POOL_SIMD_H

#define UNPOOL_INLINE inline __attribute__((always_inline))

namespace pytensor_unpool {

template <typename T>
struct Vector {
    typedef T type __attribute__((vector_size(LANES * sizeof(T))));
};

typedef Vector<int32_t>::type TapNumbers;

template <typename T>
static UNPOOL_INLINE typename Vector<T>::type load_vector(const T* start) {
    typename Vector<T>::type vector;
    memcpy(&vector, start, sizeof vector);
    return vector;
}

template <typename V, typename T>
static UNPOOL_INLINE void store_vector(const V& vector, T* start) {
    memcpy(start, &vector, sizeof vector);
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define UNPOOL_SHUFFLES 1
#endif
#endif

#ifdef UNPOOL_SHUFFLES
// Whether element number `lane * stride` is in the vector that begins at `begin`, and where: in the
// second of two shuffled vectors, or else its own lane of the first.
constexpr int shuffled(int lane, int stride, int begin) {
    return lane * stride >= begin && lane * stride < begin + LANES ? LANES + lane * stride - begin
                                                                   : lane;
}

template <int STRIDE, int BEGIN, typename V>
static UNPOOL_INLINE V take_lanes(V result, V from) {
    return __builtin_shufflevector(
        result, from, shuffled(0, STRIDE, BEGIN), shuffled(1, STRIDE, BEGIN),
        shuffled(2, STRIDE, BEGIN), shuffled(3, STRIDE, BEGIN), shuffled(4, STRIDE, BEGIN),
        shuffled(5, STRIDE, BEGIN), shuffled(6, STRIDE, BEGIN), shuffled(7, STRIDE, BEGIN)
    );
}

// Whole vectors are loaded; the last one is moved back so that it ends with the last element.
template <int STRIDE, int BEGIN, typename T, typename V>
static UNPOOL_INLINE V take_from(const T* start, V result) {
    constexpr int last = (LANES - 1) * STRIDE + 1 - LANES;
    if constexpr (BEGIN < last) {
        result = take_lanes<STRIDE, BEGIN>(result, load_vector(start + BEGIN));
        return take_from<STRIDE, BEGIN + LANES>(start, result);
    } else {
        return take_lanes<STRIDE, last>(result, load_vector(start + last));
    }
}
#endif

// Every STRIDE-th element from `start` on, and no memory beyond the last one.
template <int STRIDE, typename T>
static UNPOOL_INLINE typename Vector<T>::type load_lanes(const T* start) {
    if constexpr (STRIDE == 1) {
        return load_vector(start);
    } else {
        typename Vector<T>::type vector = {};
#ifdef UNPOOL_SHUFFLES
        if constexpr (STRIDE <= 4) return take_from<STRIDE, 0>(start, vector);
#endif
        for (int lane = 0; lane < LANES; ++lane) vector[lane] = start[lane * STRIDE];
        return vector;
    }
}

// In lane number `lane` of the result, element number (BEGIN + lane) / STRIDE of the vector.
template <int STRIDE, int BEGIN, typename V>
static UNPOOL_INLINE V spread_lanes(const V& vector) {
#ifdef UNPOOL_SHUFFLES
    return __builtin_shufflevector(
        vector, vector, BEGIN / STRIDE, (BEGIN + 1) / STRIDE, (BEGIN + 2) / STRIDE,
        (BEGIN + 3) / STRIDE, (BEGIN + 4) / STRIDE, (BEGIN + 5) / STRIDE, (BEGIN + 6) / STRIDE,
        (BEGIN + 7) / STRIDE
    );
#else
    V result = {};
    for (int lane = 0; lane < LANES; ++lane) result[lane] = vector[(BEGIN + lane) / STRIDE];
    return result;
#endif
}

// The maxima of a block so far, and the numbers of the taps that they are.
template <typename T>
struct Block {
    typename Vector<T>::type best;
    TapNumbers number;

    // Let the taps of one line of the windows compete, first to last. The first one has this
    // number, the next one's is STEP more.
    template <int TAPS, int STRIDE, int DILATION, int STEP>
    UNPOOL_INLINE void take_line(const T* start, int32_t first, bool is_first) {
#pragma GCC unroll 32
        for (int tap = 0; tap < TAPS; ++tap) {
            auto elements = load_lanes<STRIDE>(start + tap * DILATION);
            TapNumbers candidate = TapNumbers{} + (first + tap * STEP);
            if (is_first && tap == 0) {
                best = elements;
                number = candidate;
                continue;
            }
            // Larger, or the first NaN.
            auto wins = ~(elements <= best) & (best == best);
            best = wins ? elements : best;
            number = __builtin_convertvector(wins, TapNumbers) ? candidate : number;
        }
    }

    // TapNumbers count from `place`, which is STEP more for the next window.
    template <int STEP, typename P>
    UNPOOL_INLINE void store_positions(P* target, int64_t place) const {
        typedef Vector<int64_t>::type Places;
        const Places steps = {0, STEP, 2 * STEP, 3 * STEP, 4 * STEP, 5 * STEP, 6 * STEP, 7 * STEP};
        Places positions = steps + place + __builtin_convertvector(number, Places);
        store_vector(__builtin_convertvector(positions, typename Vector<P>::type), target);
    }
};

}  // namespace pytensor_unpool

#endif
