// Arrays as the kernels of convolution see them, with three spatial axes.
#ifndef PYTENSOR_UNPOOL_CONV_VIEWS_H
#define PYTENSOR_UNPOOL_CONV_VIEWS_H

namespace pytensor_unpool {

// Images or a kernel with three spatial axes: missing ones have length 1.
static inline View three_axes(const View& x) {
    const int leading = 2, missing = leading + SPATIAL - x.ndim;
    View view = x.trailing(0, 0);
    view.ndim = leading + SPATIAL;
    for (int i = 0; i < view.ndim; ++i) {
        const int from = i < leading ? i : i - missing;
        const bool is_missing = i >= leading && from < leading;
        view.shape[i] = is_missing ? 1 : x.shape[from];
        view.strides[i] = is_missing ? 0 : x.strides[from];
    }
    return view;
}

// The part of an axis from `first` on, of at most `count` elements.
static inline View part_of(const View& x, int axis, npy_intp first, npy_intp count) {
    View view = x;
    view.data += first * x.strides[axis];
    view.shape[axis] = at_most(count, x.shape[axis] - first);
    return view;
}

// The part of an axis, of channels or output channels, that is a group's.
static inline View group_of(const View& x, int axis, npy_intp groups, npy_intp group) {
    View view = x;
    view.shape[axis] /= groups;
    view.data += group * view.shape[axis] * view.strides[axis];
    return view;
}

}  // namespace pytensor_unpool

#endif
