// Arrays of random layout that fill their heap block exactly, and the kernels once more as naive
// loops over indices, to be compared with.
#ifndef ARRAYS_AND_LOOPS_H
#define ARRAYS_AND_LOOPS_H

#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <random>
#include <vector>

typedef std::vector<npy_intp> Index;

struct Random {
    std::mt19937_64 engine;

    // From 0 to n - 1.
    npy_intp below(npy_intp n) { return (npy_intp)(engine() % (uint64_t)n); }
    npy_intp between(npy_intp low, npy_intp high) { return low + below(high - low + 1); }
    bool one_in(npy_intp n) { return below(n) == 0; }
};

// No template for each function: compiling them took longer than compiling the kernels.
typedef std::function<void(const Index&)> Visit;

// Calls f(index) for all indices of a shape in C order.
static void for_each_index(const Index& shape, const Visit& f) {
    for (npy_intp length : shape)
        if (length == 0) return;
    Index index(shape.size(), 0);
    while (true) {
        f(index);
        int axis = (int)shape.size() - 1;
        while (axis >= 0 && ++index[axis] == shape[axis]) index[axis--] = 0;
        if (axis < 0) return;
    }
}

static npy_intp product(const Index& lengths, size_t begin, size_t end) {
    npy_intp result = 1;
    for (size_t i = begin; i < end; ++i) result *= lengths[i];
    return result;
}

// The place of the last `ndim` entries of an index in their flattened axes.
static npy_intp flat(const Index& index, const Index& shape, int ndim) {
    npy_intp place = 0;
    for (size_t i = shape.size() - ndim; i < shape.size(); ++i)
        place = place * shape[i] + index[i];
    return place;
}

enum Layout { CONTIGUOUS, STRIDED, READ_ONLY, CHANNELS_LAST };

// An array that begins and ends with its heap block: a sanitizer sees what lies beyond.
template <typename T>
struct Array {
    Index shape;
    View view;
    char* memory;

    // STRIDED: axes in any order in memory, gaps between elements, backwards. READ_ONLY: besides,
    // axes along which nothing moves. `channel` is the axis that is innermost in CHANNELS_LAST.
    Array(Random& random, const Index& lengths, Layout layout, int channel = 0) : shape(lengths) {
        int ndim = (int)shape.size();
        std::vector<int> order(ndim);
        for (int i = 0; i < ndim; ++i) order[i] = i;
        if (layout == CHANNELS_LAST) {
            order.erase(order.begin() + channel);
            order.push_back(channel);
        } else if (layout != CONTIGUOUS) {
            for (int i = 0; i < ndim; ++i) std::swap(order[i], order[random.between(i, ndim - 1)]);
        }
        view.ndim = ndim;
        npy_intp step = sizeof(T), lowest = 0, highest = 0;
        for (int i = ndim - 1; i >= 0; --i) {
            int axis = order[i];
            bool is_loose = layout == STRIDED || layout == READ_ONLY;
            if (is_loose && random.one_in(3)) step += sizeof(T) * random.between(1, 3);
            view.shape[axis] = shape[axis];
            view.strides[axis] = is_loose && random.one_in(4) ? -step : step;
            if (layout == READ_ONLY && random.one_in(8)) view.strides[axis] = 0;
            npy_intp reach = (shape[axis] > 0 ? shape[axis] - 1 : 0) * view.strides[axis];
            (reach < 0 ? lowest : highest) += reach;
            step *= shape[axis] > 0 ? shape[axis] : 1;
        }
        bool is_empty = product(shape, 0, shape.size()) == 0;
        size_t bytes = is_empty ? 0 : highest - lowest + sizeof(T);
        memory = (char*)malloc(bytes);
        // What a kernel does not write is seen.
        memset(memory, 0x5a, bytes);
        view.data = memory - lowest;
    }

    ~Array() { free(memory); }
    Array(const Array&) = delete;

    T& at(const Index& index) const {
        char* element = view.data;
        for (size_t i = 0; i < index.size(); ++i) element += index[i] * view.strides[i];
        return *(T*)element;
    }

    T* data() const { return (T*)view.data; }

    void fill(const std::function<double()>& f) {
        for_each_index(shape, [&](const Index& index) { at(index) = (T)f(); });
    }
};

// Few different numbers, so that there are ties; sometimes those that compare strangely.
template <typename T>
double number(Random& random, bool is_special) {
    typedef std::numeric_limits<T> limits;
    if (is_special && random.one_in(6)) {
        if (!limits::has_infinity)
            return (double)(random.one_in(2) ? limits::lowest() / 2 : limits::max() / 2);
        if (random.one_in(2)) return std::nan("");
        return random.one_in(2) ? INFINITY : -INFINITY;
    }
    return (double)random.between(limits::is_signed ? -3 : 0, 4);
}

template <typename T>
bool same(T a, T b) {
    return a == b || (a != a && b != b);
}

static long failures = 0;

static void fail(const char* what, const Index& index) {
    printf("%s differs at", what);
    for (npy_intp i : index) printf(" %ld", (long)i);
    printf("\n");
    ++failures;
}

template <typename T>
void expect_same(const char* what, const Index& index, T got, T wanted) {
    if (!same(got, wanted)) fail(what, index);
}

static void expect(const char* what, bool is_true) {
    if (!is_true) fail(what, Index());
}

// The naive loops.

// Windows that lie in the padded axis, or with `partial` reach its end and start inside it.
static npy_intp naive_count(npy_intp length, const AxisWindows& axis, bool partial) {
    npy_intp span = (axis.window - 1) * axis.dilation + 1, end = axis.before + length + axis.after;
    npy_intp count = 0;
    while (count * axis.stride + span <= end) ++count;
    bool reaches_end = count > 0 && (count - 1) * axis.stride + span >= end;
    if (partial && !reaches_end && (count == 0 || count * axis.stride < axis.before + length)) ++count;
    return count;
}

static bool naive_holds(npy_intp length, const AxisWindows& axis, bool partial) {
    if (length < 1 || axis.window < 1 || axis.stride < 1 || axis.dilation < 1) return false;
    npy_intp span = (axis.window - 1) * axis.dilation + 1;
    if (axis.before < 0 || axis.after < 0 || axis.before >= span || axis.after >= span) return false;
    npy_intp count = naive_count(length, axis, partial);
    for (npy_intp w = 0; w < count; ++w) {
        bool holds_one = false;
        for (npy_intp tap = 0; tap < axis.window; ++tap) {
            npy_intp at = w * axis.stride - axis.before + tap * axis.dilation;
            holds_one = holds_one || (at >= 0 && at < length);
        }
        if (!holds_one) return false;
    }
    return count > 0;
}

// Calls f(index into x) for the taps, in C order, of the window at index `pooled` of the output.
static void for_each_tap(
    const Windows& windows, const Index& x_shape, const Index& pooled, const Visit& f
) {
    int leading = (int)x_shape.size() - windows.ndim;
    Index taps;
    for (int i = 0; i < windows.ndim; ++i) taps.push_back(windows.axes[i].window);
    for_each_index(taps, [&](const Index& tap) {
        Index at = pooled;
        for (int i = 0; i < windows.ndim; ++i) {
            const AxisWindows& axis = windows.axes[i];
            at[leading + i] = pooled[leading + i] * axis.stride - axis.before + tap[i] * axis.dilation;
            if (at[leading + i] < 0 || at[leading + i] >= x_shape[leading + i]) return;
        }
        f(at);
    });
}

// Finds the element that is tap `number`, in C order, of a window; says whether there is one.
static bool naive_tap(
    const Windows& windows, const Index& x_shape, const Index& pooled, npy_intp number, Index* at
) {
    int leading = (int)x_shape.size() - windows.ndim;
    *at = pooled;
    bool is_inside = true;
    for (int i = windows.ndim - 1; i >= 0; --i) {
        const AxisWindows& axis = windows.axes[i];
        npy_intp place = pooled[leading + i] * axis.stride - axis.before + number % axis.window * axis.dilation;
        number /= axis.window;
        (*at)[leading + i] = place;
        is_inside = is_inside && place >= 0 && place < x_shape[leading + i];
    }
    return is_inside && number == 0;
}

// The maximum of a window, NaN if there is one, and where it is first.
template <typename T>
void naive_maximum(
    const Windows& windows, const Array<T>& x, const Index& pooled, T* best, npy_intp* place
) {
    *place = -1;
    for_each_tap(windows, x.shape, pooled, [&](const Index& at) {
        T element = x.at(at);
        bool is_nan = element != element, best_is_nan = *place >= 0 && *best != *best;
        if (*place < 0 || (!best_is_nan && (is_nan || element > *best))) {
            *best = element;
            *place = flat(at, x.shape, windows.ndim);
        }
    });
}

#endif
