// Convolution: a correlation with all taps. As in kernels/numba/conv/forward.py.
#ifndef PYTENSOR_UNPOOL_CONV_FORWARD_H
#define PYTENSOR_UNPOOL_CONV_FORWARD_H

namespace pytensor_unpool {

// One thread's part of a convolution: the outputs of an image are `image_step` elements apart.
template <typename T>
static bool run_conv(
    const ConvShape& conv, const View& x, const View& kernel, T* y, npy_intp image_step
) {
    const npy_intp plane = count_outputs(conv);
    if (conv.channels == 0 || conv.out_channels == 0 || conv.images == 0) return true;
    Scratch taps(count_taps(conv) * sizeof(Tap));
    if (!taps.data) return false;
    const ConvWay way = choose_way<T>(conv);
    const Packing packing = pack_for_outputs(conv, way == GEMM && has_rows(conv));
    list_all_taps(conv, packing, kernel.strides + 2, (Tap*)taps.data);
    for (npy_intp group = 0; group < conv.groups; ++group) {
        const View weights = group_of(kernel, 0, conv.groups, group);
        Correlation<T> correlation = {
            conv.out_channels, weights.data, weights.strides[0], weights.strides[1],
            (const Tap*)taps.data, count_taps(conv),
            {y + group * conv.out_channels * plane, plane, {}, {}, false}
        };
        npy_intp step = 1;
        for (int i = SPATIAL - 1; i >= 0; --i) {
            correlation.target.outputs[i] = conv.axes[i].outputs;
            correlation.target.steps[i] = step;
            step *= conv.axes[i].outputs;
        }
        const Correlations<T> all = {
            group_of(x, 1, conv.groups, group), packing, &correlation, 1, image_step
        };
        if (!(way == WINOGRAD ? winograd(all) : gemm(all))) return false;
    }
    return true;
}

// Whether threads share out the kernel and read all of the images: if these are too few, or the
// kernel is larger. Otherwise each has images of its own, and all of the kernel.
static bool shares_kernel(const ConvShape& conv, const View& kernel, const View& images) {
    return conv.groups == 1 && (conv.images < most_threads() || kernel.size() > images.size());
}

// The arrays in these have a batch, channels, and one to three spatial axes; outputs are C
// contiguous. All return false if there is no scratch memory.
template <typename T>
static bool conv(const ConvShape& conv, const View& x, const View& kernel, T* y) {
    const View images = three_axes(x), weights = three_axes(kernel);
    const npy_intp plane = count_outputs(conv), step = conv.groups * conv.out_channels * plane;
    if (conv.channels == 0) memset(y, 0, conv.images * step * sizeof(T));
    if (shares_kernel(conv, weights, images))
        return in_parallel(conv.out_channels, [&](npy_intp first, npy_intp number) {
            ConvShape part = conv;
            part.out_channels = number;
            return run_conv(part, images, part_of(weights, 0, first, number), y + first * plane,
                            step);
        });
    return in_parallel(conv.images, [&](npy_intp first, npy_intp number) {
        ConvShape part = conv;
        part.images = number;
        return run_conv(part, part_of(images, 0, first, number), weights, y + first * step, step);
    });
}

}  // namespace pytensor_unpool

#endif
