// What the C kernels share. They know nothing of Python: arrays come as pointers with lengths and
// strides in bytes, and errors are returned as a Problem.
#ifndef PYTENSOR_UNPOOL_COMMON_H
#define PYTENSOR_UNPOOL_COMMON_H

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace pytensor_unpool {

const int MOST_AXES = 64;

// The name of an exception class of pytensor_unpool.errors, and the integers it is raised with.
struct Problem {
    const char* error;
    long long numbers[7];
};

static const Problem NONE = {NULL, {0}};

// The kinds of LengthError are constants of "errors.h", which is generated.
static inline Problem length_problem(int kind, long long axis, long long got, long long wanted) {
    Problem problem = {"LengthError", {kind, axis, got, wanted}};
    return problem;
}

static inline Problem position_problem(long long position, long long limit) {
    Problem problem = {"PositionError", {position, limit}};
    return problem;
}

struct View {
    char* data;
    int ndim;
    npy_intp shape[MOST_AXES];
    npy_intp strides[MOST_AXES];

    // The last `n` axes, at element `offset` bytes from the start.
    View trailing(int n, npy_intp offset) const {
        View view;
        view.data = data + offset;
        view.ndim = n;
        for (int i = 0; i < n; ++i) {
            view.shape[i] = shape[ndim - n + i];
            view.strides[i] = strides[ndim - n + i];
        }
        return view;
    }

    // The same elements, with the last `n` axes in the opposite order.
    View turned(int n) const {
        View view = *this;
        for (int i = ndim - n; i < ndim; ++i) {
            if (shape[i] > 0) view.data += (shape[i] - 1) * strides[i];
            view.strides[i] = -strides[i];
        }
        return view;
    }

    npy_intp size() const {
        npy_intp product = 1;
        for (int i = 0; i < ndim; ++i) product *= shape[i];
        return product;
    }

    bool is_contiguous(npy_intp itemsize) const {
        for (int i = ndim - 1; i >= 0; --i) {
            if (shape[i] != 1 && strides[i] != itemsize) return false;
            itemsize *= shape[i];
        }
        return true;
    }
};

// Steps through the first `axes` axes of a view in C order.
struct Walk {
    const View& view;
    int axes;
    npy_intp index[MOST_AXES];
    npy_intp offset;

    Walk(const View& v, int n) : view(v), axes(n), offset(0) {
        for (int i = 0; i < n; ++i) index[i] = 0;
    }

    void step() {
        for (int i = axes - 1; i >= 0; --i) {
            offset += view.strides[i];
            if (++index[i] < view.shape[i]) return;
            offset -= view.shape[i] * view.strides[i];
            index[i] = 0;
        }
    }

    npy_intp rounds() const {
        npy_intp product = 1;
        for (int i = 0; i < axes; ++i) product *= view.shape[i];
        return product;
    }
};

// The first axis of `got`, all but the last `trailing`, that is not as long as wanted.
static inline Problem check_lengths(
    int kind, const npy_intp* got, const npy_intp* wanted, int ndim, int trailing
) {
    for (int i = 0; i < ndim - trailing; ++i)
        if (got[i] != wanted[i]) return length_problem(kind, i - ndim, got[i], wanted[i]);
    return NONE;
}

static inline npy_intp floor_divide(npy_intp a, npy_intp b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static inline npy_intp ceil_divide(npy_intp a, npy_intp b) { return -floor_divide(-a, b); }

static inline npy_intp at_least(npy_intp a, npy_intp b) { return a > b ? a : b; }

static inline npy_intp at_most(npy_intp a, npy_intp b) { return a < b ? a : b; }

// One of two numbers, by a mask: branches that cannot be predicted cost more.
template <typename T>
static inline T choose(bool is_first, T first, T second) {
    static_assert(sizeof(T) <= sizeof(uint64_t), "no longer numbers");
    uint64_t bits = 0, others = 0;
    memcpy(&bits, &first, sizeof(T));
    memcpy(&others, &second, sizeof(T));
    others ^= (bits ^ others) & -(uint64_t)is_first;
    memcpy(&second, &others, sizeof(T));
    return second;
}

// The number of elements of one leading item, from run-time lengths.
static inline Problem plane_size(const npy_intp* lengths, int ndim, npy_intp* size) {
    *size = 1;
    npy_intp product = 1;
    for (int i = 0; i < ndim; ++i) {
        if (lengths[i] < 0) return length_problem(NEGATIVE_LENGTH, i - ndim, lengths[i], 0);
        if (lengths[i] > 0 && product > INT64_MAX / lengths[i])
            return length_problem(TOO_MANY_ELEMENTS, i - ndim, lengths[i], 0);
        product *= at_least(1, lengths[i]);
        *size *= lengths[i];
    }
    return NONE;
}

}  // namespace pytensor_unpool

#endif
