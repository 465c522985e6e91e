// Linear interpolation along one axis, and its transpose.
#ifndef PYTENSOR_UNPOOL_UPSAMPLING_H
#define PYTENSOR_UNPOOL_UPSAMPLING_H

namespace pytensor_unpool {

// The axis gets p / q times as long.
struct Ratio {
    npy_intp p, q;
};

// Where some elements of the longer axis lie: between elements `low` and `high` of the shorter one,
// of which they have the weights. On an element itself, `high_weight` is zero.
template <typename T>
struct Neighbours {
    npy_intp low[UPSAMPLING_CHUNK], high[UPSAMPLING_CHUNK];
    T low_weight[UPSAMPLING_CHUNK], high_weight[UPSAMPLING_CHUNK];

    // For all i, 0 <= i * q <= length * p - 1. So old is at least -1, and at most length - 1.
    void find(npy_intp begin, npy_intp count, npy_intp length, const Ratio& ratio) {
        for (npy_intp n = 0; n < count; ++n) {
            const npy_intp step = (begin + n) * ratio.q - (ratio.p - 1) / 2;
            const npy_intp old = floor_divide(step, ratio.p), part = step - old * ratio.p;
            low[n] = at_least(old, 0);
            high[n] = at_most(old + 1, length - 1);
            low_weight[n] = T((double)(ratio.p - part) / (double)ratio.p);
            high_weight[n] = T((double)part / (double)ratio.p);
        }
    }
};

static Problem lengthen(npy_intp length, const Ratio& ratio, int axis, npy_intp* longer) {
    if (length > INT64_MAX / 2 / ratio.p) return length_problem(TOO_MANY_ELEMENTS, axis, length, 0);
    *longer = ceil_divide(length * ratio.p, ratio.q);
    return NONE;
}

// y = low_weight * low + high_weight * high for elements `step` bytes apart. NaN and
// infinities stay away from where their weight is zero.
template <typename T>
static inline void interpolate_vector(
    const char* low, const char* high, npy_intp step, T low_weight, T high_weight, T* y, npy_intp n
) {
    if (high_weight == 0)
        for (npy_intp i = 0; i < n; ++i) y[i] = *(const T*)(low + i * step);
    else if (step == (npy_intp)sizeof(T))
        for (npy_intp i = 0; i < n; ++i)
            y[i] = ((const T*)low)[i] * low_weight + ((const T*)high)[i] * high_weight;
    else
        for (npy_intp i = 0; i < n; ++i)
            y[i] = *(const T*)(low + i * step) * low_weight +
                   *(const T*)(high + i * step) * high_weight;
}

// The axis is the last one.
template <typename T>
static inline void interpolate_line(
    const Neighbours<T>& neighbours, const char* x, npy_intp step, T* y, npy_intp n
) {
    for (npy_intp i = 0; i < n; ++i) {
        const T low = *(const T*)(x + neighbours.low[i] * step);
        const T high = *(const T*)(x + neighbours.high[i] * step);
        const T between = low * neighbours.low_weight[i] + high * neighbours.high_weight[i];
        y[i] = neighbours.high_weight[i] == 0 ? low : between;
    }
}

// y is contiguous, and `count` long on `axis`.
template <typename T>
static void interpolate(const View& x, T* y, npy_intp count, int axis, const Ratio& ratio) {
    const npy_intp length = x.shape[axis], step = x.strides[axis];
    const int behind = x.ndim - axis - 1;
    const View plane = x.trailing(behind, 0);
    const npy_intp columns = behind ? plane.shape[behind - 1] : 1, inner = plane.size();
    Neighbours<T> neighbours;
    for (npy_intp begin = 0; begin < count; begin += UPSAMPLING_CHUNK) {
        const npy_intp chunk = at_most(UPSAMPLING_CHUNK, count - begin);
        neighbours.find(begin, chunk, length, ratio);
        Walk lead(x, axis);
        T* target = y + begin * inner;
        for (npy_intp round = lead.rounds(); round > 0; --round, lead.step()) {
            const char* item = x.data + lead.offset;
            if (!behind) interpolate_line(neighbours, item, step, target, chunk);
            for (npy_intp n = 0; behind && n < chunk; ++n) {
                Walk line(plane, behind - 1);
                T* out = target + n * inner;
                npy_intp lines = line.rounds();
                for (; lines > 0; --lines, line.step(), out += columns)
                    interpolate_vector(
                        item + neighbours.low[n] * step + line.offset,
                        item + neighbours.high[n] * step + line.offset, plane.strides[behind - 1],
                        neighbours.low_weight[n], neighbours.high_weight[n], out, columns);
            }
            target += count * inner;
        }
    }
}

// The transpose: distribute a cotangent to the lines that it was computed from.
template <typename T>
static inline void add_shares_of_vector(
    const char* cotangent, npy_intp step, T low_weight, T high_weight, T* low, T* high, npy_intp n
) {
    if (high_weight == 0)
        for (npy_intp i = 0; i < n; ++i) low[i] += *(const T*)(cotangent + i * step);
    else if (low == high)
        for (npy_intp i = 0; i < n; ++i) {
            const T share = *(const T*)(cotangent + i * step);
            low[i] += share * low_weight + share * high_weight;
        }
    else
        for (npy_intp i = 0; i < n; ++i) {
            const T share = *(const T*)(cotangent + i * step);
            low[i] += share * low_weight;
            high[i] += share * high_weight;
        }
}

template <typename T>
static inline void add_shares_of_line(
    const Neighbours<T>& neighbours, const char* cotangent, npy_intp step, T* x, npy_intp n
) {
    for (npy_intp i = 0; i < n; ++i) {
        const T share = *(const T*)(cotangent + i * step);
        const bool is_old = neighbours.high_weight[i] == 0;
        x[neighbours.low[i]] += is_old ? share : share * neighbours.low_weight[i];
        if (!is_old) x[neighbours.high[i]] += share * neighbours.high_weight[i];
    }
}

// x is contiguous, and `length` long on `axis`.
template <typename T>
static void interpolate_input_grad(
    const View& cotangent, T* x, npy_intp length, int axis, const Ratio& ratio
) {
    const npy_intp count = cotangent.shape[axis], step = cotangent.strides[axis];
    const int behind = cotangent.ndim - axis - 1;
    const View plane = cotangent.trailing(behind, 0);
    const npy_intp columns = behind ? plane.shape[behind - 1] : 1, inner = plane.size();
    Neighbours<T> neighbours;
    const npy_intp size = Walk(cotangent, axis).rounds() * length * inner;
    for (npy_intp i = 0; i < size; ++i) x[i] = 0;
    for (npy_intp begin = 0; begin < count; begin += UPSAMPLING_CHUNK) {
        const npy_intp chunk = at_most(UPSAMPLING_CHUNK, count - begin);
        neighbours.find(begin, chunk, length, ratio);
        Walk lead(cotangent, axis);
        T* item = x;
        for (npy_intp round = lead.rounds(); round > 0; --round, lead.step()) {
            const char* from = cotangent.data + lead.offset + begin * step;
            if (!behind) add_shares_of_line(neighbours, from, step, item, chunk);
            for (npy_intp n = 0; behind && n < chunk; ++n) {
                T* low = item + neighbours.low[n] * inner;
                T* high = item + neighbours.high[n] * inner;
                Walk line(plane, behind - 1);
                for (npy_intp lines = line.rounds(); lines > 0; --lines, line.step()) {
                    add_shares_of_vector(
                        from + n * step + line.offset, plane.strides[behind - 1],
                        neighbours.low_weight[n], neighbours.high_weight[n], low, high, columns);
                    low += columns;
                    high += columns;
                }
            }
            item += length * inner;
        }
    }
}

}  // namespace pytensor_unpool

#endif
