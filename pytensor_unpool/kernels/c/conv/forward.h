// Convolution: a correlation with all taps.
#ifndef PYTENSOR_UNPOOL_CONV_MAPS_H
#define PYTENSOR_UNPOOL_CONV_MAPS_H

namespace pytensor_unpool {

// The last three of `ndim` spatial axes, lengths and strides; missing ones have length 1.
static inline View with_three_axes(const View& x, int leading) {
    View view = x.trailing(0, 0);
    const int ndim = x.ndim - leading;
    view.ndim = leading + SPATIAL;
    for (int i = 0; i < view.ndim; ++i) {
        const int from = i < leading ? i : i - (SPATIAL - ndim);
        const bool is_missing = i >= leading && from < leading;
        view.shape[i] = is_missing ? 1 : x.shape[from];
        view.strides[i] = is_missing ? 0 : x.strides[from];
    }
    return view;
}

// The part of an axis from `first` on.
static inline View part_of(const View& x, int axis, npy_intp first, npy_intp most) {
    View view = x;
    view.data += first * x.strides[axis];
    view.shape[axis] = at_most(most, x.shape[axis] - first);
    return view;
}

// Of the channels of images or output of a group, and of its part of the weights.
static inline View group_of(const View& x, int axis, npy_intp groups, npy_intp group) {
    View view = x;
    view.shape[axis] /= groups;
    view.data += group * view.shape[axis] * view.strides[axis];
    return view;
}

static inline npy_intp weight_index(const Convolution& conv, int axis, npy_intp tap) {
    return conv.flip ? conv.axes[axis].taps - 1 - tap : tap;
}

// The taps of each axis that a correlation takes.
struct AxisTaps {
    npy_intp first, step, number;  // the taps first, first + step, ...
};

// Fill in all taps: each axis gives where its taps read.
template <typename Place>
static void list_taps(
    const Convolution& conv, const AxisTaps* axes, const npy_intp* weight_steps, ConvTap* to,
    Place place
) {
    for (npy_intp i = 0; i < axes[0].number; ++i)
        for (npy_intp j = 0; j < axes[1].number; ++j)
            for (npy_intp k = 0; k < axes[2].number; ++k, ++to) {
                const npy_intp index[SPATIAL] = {i, j, k};
                to->weight = 0;
                for (int a = 0; a < SPATIAL; ++a) {
                    npy_intp tap = axes[a].first + index[a] * axes[a].step;
                    to->weight += weight_index(conv, a, tap) * weight_steps[a];
                    place(a, tap, &to->phase[a], &to->shift[a]);
                }
            }
}

// After how many taps their places are the same again, modulo the stride.
static inline npy_intp phase_period(const ConvAxis& a) {
    npy_intp divisor = a.stride, rest = a.dilation % a.stride;
    while (rest != 0) {
        const npy_intp next = divisor % rest;
        divisor = rest;
        rest = next;
    }
    return a.stride / divisor;
}

// A copy with a part for each tap of the last axis has rows of outputs alone, without what the other
// taps read. SPARED_PRODUCTS have to be spared for each element that is copied.
static bool has_tap_parts(const Source& source, const ConvAxis& row) {
    return source.axes[2].period != row.stride;
}

static void take_tap_parts(const Convolution& conv, Source* source) {
    const ConvAxis& row = conv.axes[2];
    const npy_intp spared = source->axes[2].size - row.outputs;
    const npy_intp readers = conv.rows * conv.axes[0].taps * conv.axes[1].taps;
    if (row.taps > MAX_TAP_PARTS || readers * spared < SPARED_PRODUCTS * row.outputs) return;
    source->axes[2] = {-row.before, row.stride, row.dilation,
                       row.stride + row.taps * row.dilation, row.taps, row.outputs};
}

// How the images are copied for the output, and where its taps read.
static Source source_of(const Convolution& conv, bool has_lines) {
    Source source;
    source.images = 1;
    for (int i = 0; i < SPATIAL; ++i) {
        const ConvAxis& a = conv.axes[i];
        source.axes[i] = {
            -a.before, a.stride, a.dilation, a.stride, at_most(a.taps, phase_period(a)),
            a.outputs + (a.taps - 1) * a.dilation / a.stride
        };
    }
    // A single row is done in bands, which do not begin with padding.
    const ConvAxis& row = conv.axes[2];
    if (conv.axes[0].outputs > 1 || conv.axes[1].outputs > 1)
        source.axes[2].size -= shared_zeros(source.axes[2], row.length, row.outputs);
    if (has_lines) take_tap_parts(conv, &source);
    return source;
}

static npy_intp outputs_of(const Convolution& conv) {
    return conv.axes[0].outputs * conv.axes[1].outputs * conv.axes[2].outputs;
}

static npy_intp count_taps(const Convolution& conv) {
    return conv.axes[0].taps * conv.axes[1].taps * conv.axes[2].taps;
}

static void list_all_taps(
    const Convolution& conv, const Source& source, const npy_intp* weight_steps, ConvTap* to
) {
    AxisTaps axes[SPATIAL];
    for (int i = 0; i < SPATIAL; ++i) axes[i] = {0, 1, conv.axes[i].taps};
    list_taps(conv, axes, weight_steps, to, [&](int i, npy_intp tap, npy_intp* phase,
                                                npy_intp* shift) {
        const bool is_alone = i == 2 && has_tap_parts(source, conv.axes[i]);
        *phase = is_alone ? tap : tap % phase_period(conv.axes[i]);
        *shift = is_alone ? 0 : tap * conv.axes[i].dilation / conv.axes[i].stride;
    });
}

// One thread's part of a convolution: the outputs of an image are `image_step` elements apart.
template <typename T>
static bool run_conv(
    const Convolution& conv, const View& images, const View& weights, T* y, npy_intp image_step
) {
    const npy_intp plane = outputs_of(conv);
    if (conv.channels == 0 || conv.rows == 0 || conv.images == 0) return true;
    Scratch taps(count_taps(conv) * sizeof(ConvTap));
    if (!taps.data) return false;
    const bool is_fast = takes_winograd<T>(conv);
    const bool has_lines = conv.axes[0].outputs > 1 || conv.axes[1].outputs > 1;
    const Source source = source_of(conv, has_lines && !is_fast);
    list_all_taps(conv, source, weights.strides + 2, (ConvTap*)taps.data);
    for (npy_intp group = 0; group < conv.groups; ++group) {
        const View part = group_of(weights, 0, conv.groups, group);
        Correlation<T> one = {
            conv.rows, part.data, part.strides[0], part.strides[1], (const ConvTap*)taps.data,
            count_taps(conv), {y + group * conv.rows * plane, plane, {}, {}, false}
        };
        Correlations<T> all = {
            group_of(images, 1, conv.groups, group), {}, &one, 1, image_step
        };
        npy_intp step = 1;
        for (int i = SPATIAL - 1; i >= 0; --i) {
            all.axes[i] = source.axes[i];
            one.target.counts[i] = conv.axes[i].outputs;
            one.target.steps[i] = step;
            step *= conv.axes[i].outputs;
        }
        if (!(is_fast ? winograd(all) : correlate(all))) return false;
    }
    return true;
}

// Whether threads share the kernel and read all of the images: where there are too few of these, or
// the kernel is the larger one. Else each has images of its own, and all of the kernel.
static bool shares_kernel(const Convolution& conv, const View& kernel, const View& images) {
    return conv.groups == 1 && (conv.images < most_threads() || kernel.size() > images.size());
}

// The arrays in these have a batch, channels, and one to three spatial axes; outputs are C
// contiguous. All return false if there is no memory for scratch.
template <typename T>
static bool conv(const Convolution& conv, const View& x, const View& kernel, T* y) {
    const View images = with_three_axes(x, 2), weights = with_three_axes(kernel, 2);
    const npy_intp plane = outputs_of(conv), step = conv.groups * conv.rows * plane;
    if (conv.channels == 0) memset(y, 0, conv.images * step * sizeof(T));
    if (shares_kernel(conv, weights, images))
        return in_parallel(conv.rows, [&](npy_intp first, npy_intp number) {
            Convolution some = conv;
            some.rows = number;
            return run_conv(some, images, part_of(weights, 0, first, number), y + first * plane,
                            step);
        });
    return in_parallel(conv.images, [&](npy_intp first, npy_intp number) {
        Convolution some = conv;
        some.images = number;
        return run_conv(some, part_of(images, 0, first, number), weights, y + first * step, step);
    });
}

}  // namespace pytensor_unpool

#endif
