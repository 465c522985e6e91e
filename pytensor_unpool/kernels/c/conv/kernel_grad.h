// The transpose of convolution with respect to the kernel: for each weight, the dot product of two
// rows, an output channel's and that of the images that begins at its tap. As in
// kernels/numba/conv/kernel_grad.py.
#ifndef PYTENSOR_UNPOOL_CONV_KERNEL_GRAD_H
#define PYTENSOR_UNPOOL_CONV_KERNEL_GRAD_H

namespace pytensor_unpool {

// How much is done at a time: output channels, channels, and some images or a band of one.
struct DotBlocking {
    npy_intp mc, channels, images, band;
    int band_axis;
};

template <typename T>
static DotBlocking choose_blocking(const ConvShape& conv, const Packing& packing) {
    DotBlocking b = {conv.out_channels, conv.channels, 1, 0, 0};
    while (b.band_axis < SPATIAL - 1 && conv.axes[b.band_axis].outputs == 1) ++b.band_axis;
    const npy_intp outputs = conv.axes[b.band_axis].outputs;
    const npy_intp size = packing.axes[b.band_axis].size, reach = size - outputs;
    const npy_intp line = packing.plane_size() / size * sizeof(T);
    const npy_intp most = at_least(1, DOT_BYTES / line - reach);
    b.band = ceil_divide(outputs, ceil_divide(outputs, at_most(most, outputs)));
    const npy_intp plane = line * (b.band + reach);
    if (b.band == outputs) b.images = at_least(1, at_most(conv.images, DOT_BYTES / plane));
    const npy_intp k = plane * b.images;
    b.mc = at_most(b.mc, at_least(DOT_ROWS, DOTS_BYTES / k));
    b.channels =
        at_most(b.channels, at_least(1, MAX_PACKED_BYTES / (k * packing.phase_count())));
    return b;
}

// Pack some images: the rows that taps read, each a column of the kernel's matrix; list where they
// begin, and which weights they are for.
template <typename T>
static void pack_columns(
    const Packing& packing, const View& x, const Tap* taps, npy_intp number_of_taps,
    npy_intp taps_x, DotOperands<T>* operands
) {
    const npy_intp step = packing.channel_size();
    for (npy_intp i = 0; i < packing.images; ++i)
        pack_image(packing, x.trailing(4, i * x.strides[0]), i, step, operands->b);
    memset(operands->b + x.shape[1] * step, 0, packing.slack_size<T>() * sizeof(T));
    operands->n = 0;
    // Taps of one phase follow one another: their rows are in the same memory.
    for (npy_intp channel = 0; channel < x.shape[1]; ++channel)
        for (npy_intp i = 0; i < taps_x; ++i)
            for (npy_intp t = i; t < number_of_taps; t += taps_x, ++operands->n) {
                operands->offsets[operands->n] = channel * step + packing.tap_offset(taps[t]);
                operands->columns[operands->n] = channel * number_of_taps + taps[t].weight;
            }
}

// Pack some outputs, with zeros where packed images have elements that belong to no output.
template <typename T>
static void pack_rows(const Packing& packing, const View& dy, DotOperands<T>* operands) {
    const Packing of_outputs = packing.packed_outputs();
    const npy_intp used = of_outputs.channel_size(), lanes = Wide<T>::lanes;
    operands->k = ceil_divide(of_outputs.column_count(dy.shape + 2), lanes) * lanes;
    operands->pitch = ceil_divide(used, lanes) * lanes;
    const npy_intp pitch = operands->pitch;
    for (npy_intp i = 0; i < of_outputs.images; ++i)
        pack_image(of_outputs, dy.trailing(4, i * dy.strides[0]), i, pitch, operands->a);
    for (npy_intp channel = 0; channel < dy.shape[1]; ++channel)
        memset(operands->a + channel * pitch + used, 0, (pitch - used) * sizeof(T));
}

// Add the products of all outputs with the images to the weights.
template <typename T>
static bool dots(
    const ConvShape& conv, const Packing& packing, const View& x, const View& dy, T* dk
) {
    const npy_intp number_of_taps = count_taps(conv), row_step = conv.channels * number_of_taps;
    const DotBlocking blocking = choose_blocking<T>(conv, packing);
    const int axis = blocking.band_axis, array_axis = 2 + axis;
    Packing band = packing;
    band.axes[axis].size += blocking.band - dy.shape[array_axis];
    band.images = blocking.images;
    const npy_intp lanes = Wide<T>::lanes, n = blocking.channels * number_of_taps;
    const npy_intp pitch = ceil_divide(blocking.images * band.plane_size(), lanes) * lanes;
    const npy_intp packed = blocking.channels * band.channel_size() + band.slack_size<T>();
    Scratch taps(number_of_taps * sizeof(Tap)), offsets(n * sizeof(npy_intp));
    Scratch columns(n * sizeof(npy_intp)), a(blocking.mc * pitch * sizeof(T));
    Scratch b(packed * sizeof(T));
    if (!taps.data || !offsets.data || !columns.data || !a.data || !b.data) return false;
    // The weights of a channel are numbered in C order.
    const npy_intp steps[SPATIAL] = {conv.axes[1].taps * conv.axes[2].taps, conv.axes[2].taps, 1};
    list_all_taps(conv, band, steps, (Tap*)taps.data);
    DotOperands<T> operands = {(T*)a.data, 0, (T*)b.data, (npy_intp*)offsets.data,
                               (npy_intp*)columns.data, 0, 0};
    for (npy_intp group = 0; group < conv.groups; ++group)
        for (npy_intp channel = 0; channel < conv.channels; channel += blocking.channels)
            for (npy_intp image = 0; image < conv.images; image += blocking.images)
                for (npy_intp i = 0; i < dy.shape[array_axis]; i += blocking.band) {
                    View from = group_of(x, 1, conv.groups, group);
                    View to = group_of(dy, 1, conv.groups, group);
                    from = part_of(from, 1, channel, blocking.channels);
                    from = part_of(from, 0, image, blocking.images);
                    to = part_of(part_of(to, 0, image, blocking.images), array_axis, i,
                                 blocking.band);
                    Packing part = band;
                    part.images = from.shape[0];
                    part.axes[axis].start += i * part.axes[axis].stride;
                    pack_columns(part, from, (const Tap*)taps.data, number_of_taps,
                                 conv.axes[2].taps, &operands);
                    T* c = dk + group * conv.out_channels * row_step + channel * number_of_taps;
                    for (npy_intp m = 0; m < conv.out_channels; m += blocking.mc) {
                        const View rows = part_of(to, 1, m, blocking.mc);
                        pack_rows(part, rows, &operands);
                        gemm_nt(operands, rows.shape[1], c + m * row_step, row_step);
                    }
                }
    return true;
}

// The transpose of `conv` with respect to the kernel, by one thread.
template <typename T>
static bool run_kernel_grad(const ConvShape& conv, const View& x, const View& dy, T* dk) {
    const npy_intp weights = conv.groups * conv.out_channels * conv.channels * count_taps(conv);
    memset(dk, 0, weights * sizeof(T));
    if (conv.out_channels == 0 || conv.channels == 0 || conv.images == 0) return true;
    const ConvWay way = choose_way<T>(conv);
    if (way == WINOGRAD) return winograd_kernel_grad(conv, x, dy, dk);
    return dots(conv, pack_for_outputs(conv, true), x, dy, dk);
}

// Parts are groups, or output channels of the only one.
template <typename T>
static bool conv_kernel_grad(const ConvShape& conv, const View& x, const View& dy, T* dk) {
    const View images = three_axes(x), outputs = three_axes(dy);
    const npy_intp row_step = conv.channels * count_taps(conv);
    if (conv.groups == 1)
        return in_parallel(conv.out_channels, [&](npy_intp first, npy_intp number) {
            ConvShape part = conv;
            part.out_channels = number;
            return run_kernel_grad(part, images, part_of(outputs, 1, first, number),
                                   dk + first * row_step);
        });
    return in_parallel(conv.groups, [&](npy_intp first, npy_intp number) {
        ConvShape part = conv;
        part.groups = number;
        return run_kernel_grad(
            part, part_of(images, 1, first * conv.channels, number * conv.channels),
            part_of(outputs, 1, first * conv.out_channels, number * conv.out_channels),
            dk + first * conv.out_channels * row_step
        );
    });
}

}  // namespace pytensor_unpool

#endif
