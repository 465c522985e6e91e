// Un-pooling to, and gathering from, all maxima of a window at once.
#ifndef PYTENSOR_UNPOOL_TIED_H
#define PYTENSOR_UNPOOL_TIED_H

namespace pytensor_unpool {

// Adds the cotangent of each window to its maxima in `y`, a contiguous plane.
template <typename T, typename G>
struct Spread {
    npy_intp stride, element_stride;
    View values, cotangent;
    G* y;

    void operator()(
        const char* line, npy_intp place, npy_intp shift, npy_intp low, npy_intp high,
        const npy_intp* index
    ) {
        const int inner = values.ndim - 1;
        const char* value = row_of(values, index);
        const char* from = row_of(cotangent, index);
        for (npy_intp w = low; w < high; ++w) {
            npy_intp at = w * stride + shift;
            bool tied = *(const T*)(line + at * element_stride) ==
                        *(const T*)(value + w * values.strides[inner]);
            // Both sums are at hand, so that no branch is guessed.
            G before = y[place + at];
            G after = before + *(const G*)(from + w * cotangent.strides[inner]);
            y[place + at] = tied ? after : before;
        }
    }
};

// Adds the tangent at the maxima of each window to its place in `y`, a view of the pooled axes.
template <typename T, typename G>
struct Collect {
    npy_intp stride, element_stride;
    View values, tangent, y;

    void operator()(
        const char* line, npy_intp place, npy_intp shift, npy_intp low, npy_intp high,
        const npy_intp* index
    ) {
        const int inner = values.ndim - 1;
        const char* value = row_of(values, index);
        char* to = row_of(y, index);
        npy_intp length = tangent.shape[inner], from = place / length;
        const char* row = tangent.data;
        for (int i = inner - 1; i >= 0; --i) {
            row += from % tangent.shape[i] * tangent.strides[i];
            from /= tangent.shape[i];
        }
        for (npy_intp w = low; w < high; ++w) {
            npy_intp at = w * stride + shift;
            bool tied = *(const T*)(line + at * element_stride) ==
                        *(const T*)(value + w * values.strides[inner]);
            G* target = (G*)(to + w * y.strides[inner]);
            G before = *target, after = before + *(const G*)(row + at * tangent.strides[inner]);
            *target = tied ? after : before;
        }
    }
};

// In both, the output has been set to zero.
template <typename T, typename G>
static void tied_unpool(
    const Windows& windows, const View& x, const View& values, const View& cotangent, G* y
) {
    const int n = windows.ndim, leading = x.ndim - n;
    Walk item(x, leading), value(values, leading), from(cotangent, leading);
    npy_intp size = x.trailing(n, 0).size(), items = item.rounds();
    for (; items > 0; --items, item.step(), value.step(), from.step(), y += size) {
        Spread<T, G> spread = {
            windows.rows[n - 1].stride, x.strides[x.ndim - 1], values.trailing(n, value.offset),
            cotangent.trailing(n, from.offset), y
        };
        walk_taps(windows, x.trailing(n, item.offset), spread);
    }
}

template <typename T, typename G>
static void tied_gather(
    const Windows& windows, const View& x, const View& values, const View& tangent, const View& y
) {
    const int n = windows.ndim, leading = x.ndim - n;
    Walk item(x, leading), value(values, leading), from(tangent, leading), to(y, leading);
    npy_intp items = item.rounds();
    for (; items > 0; --items, item.step(), value.step(), from.step(), to.step()) {
        Collect<T, G> collect = {
            windows.rows[n - 1].stride, x.strides[x.ndim - 1], values.trailing(n, value.offset),
            tangent.trailing(n, from.offset), y.trailing(n, to.offset)
        };
        walk_taps(windows, x.trailing(n, item.offset), collect);
    }
}

}  // namespace pytensor_unpool

#endif
