// The transpose of convolution in the kernel: for each weight, the product of two rows, an output's
// and that of the image that begins at its tap.
#ifndef PYTENSOR_UNPOOL_CONV_KERNEL_GRAD_H
#define PYTENSOR_UNPOOL_CONV_KERNEL_GRAD_H

namespace pytensor_unpool {

// How much is done at a time: some images, or a band of one.
struct KernelGradPortions {
    npy_intp rows, channels, images, band;
    int axis;
};

template <typename T>
static KernelGradPortions portions_of(const Convolution& conv, const Source& source) {
    KernelGradPortions part = {conv.rows, conv.channels, 1, 0, 0};
    while (part.axis < SPATIAL - 1 && conv.axes[part.axis].outputs == 1) ++part.axis;
    const npy_intp outputs = conv.axes[part.axis].outputs;
    const npy_intp reach = source.axes[part.axis].size - outputs;
    const npy_intp line = source.plane() / source.axes[part.axis].size * sizeof(T);
    const npy_intp lines = at_least(1, DOT_BYTES / line - reach);
    part.band = ceil_divide(outputs, ceil_divide(outputs, at_most(lines, outputs)));
    const npy_intp plane = line * (part.band + reach);
    if (part.band == outputs) part.images = at_least(1, at_most(conv.images, DOT_BYTES / plane));
    const npy_intp row = plane * part.images;
    part.rows = at_most(part.rows, at_least(DOT_ROWS, DOTS_BYTES / row));
    part.channels =
        at_most(part.channels, at_least(1, MAX_PACKED_BYTES / (row * source.phases())));
    return part;
}

// Copy some images: the columns of products.
template <typename T>
static void copy_columns(
    const Source& source, const View& images, const ConvTap* taps, npy_intp number_of_taps,
    npy_intp taps_x, Products<T>* products
) {
    for (npy_intp n = 0; n < source.images; ++n)
        copy_image(source, images.trailing(4, n * images.strides[0]), n, source.channel(),
                   products->images);
    memset(products->images + images.shape[1] * source.channel(), 0, source.slack<T>() * sizeof(T));
    products->terms = 0;
    // Taps of one phase follow one another: their rows are in the same memory.
    for (npy_intp channel = 0; channel < images.shape[1]; ++channel)
        for (npy_intp x = 0; x < taps_x; ++x)
            for (npy_intp t = x; t < number_of_taps; t += taps_x, ++products->terms) {
                products->offsets[products->terms] =
                    channel * source.channel() + source.offset(taps[t]);
                products->places[products->terms] = channel * number_of_taps + taps[t].weight;
            }
}

// Copy some outputs, with zeros where the copy of the images has what belongs to no output.
template <typename T>
static void copy_rows(const Source& source, const View& outputs, Products<T>* products) {
    const Source rows = source.of_outputs();
    const npy_intp all = rows.channel(), lanes = Wide<T>::lanes;
    products->length = ceil_divide(rows.columns(outputs.shape + 2), lanes) * lanes;
    products->pitch = ceil_divide(all, lanes) * lanes;
    for (npy_intp n = 0; n < rows.images; ++n)
        copy_image(rows, outputs.trailing(4, n * outputs.strides[0]), n, products->pitch,
                   products->rows);
    for (npy_intp row = 0; row < outputs.shape[1]; ++row)
        memset(products->rows + row * products->pitch + all, 0, (products->pitch - all) * sizeof(T));
}

// The transpose of `conv` in the kernel, by one thread.
template <typename T>
static bool run_conv_kernel_grad(
    const Convolution& conv, const View& images, const View& outputs, T* dk
) {
    const npy_intp number_of_taps = count_taps(conv), row_step = conv.channels * number_of_taps;
    memset(dk, 0, conv.groups * conv.rows * row_step * sizeof(T));
    if (conv.rows == 0 || conv.channels == 0 || conv.images == 0) return true;
    if (takes_winograd<T>(conv)) return winograd_kernel_grads(conv, images, outputs, dk);
    Source all = source_of(conv, true);
    const KernelGradPortions part = portions_of<T>(conv, all);
    const int band_axis = 2 + part.axis;
    all.axes[part.axis].size += part.band - outputs.shape[band_axis];
    all.images = part.images;
    const npy_intp lanes = Wide<T>::lanes, most_terms = part.channels * number_of_taps;
    const npy_intp pitch = ceil_divide(part.images * all.plane(), lanes) * lanes;
    Scratch taps(number_of_taps * sizeof(ConvTap)), offsets(most_terms * sizeof(npy_intp));
    Scratch places(most_terms * sizeof(npy_intp)), of_rows(part.rows * pitch * sizeof(T));
    Scratch copy((part.channels * all.channel() + all.slack<T>()) * sizeof(T));
    if (!taps.data || !offsets.data || !places.data || !of_rows.data || !copy.data) return false;
    // The weights of a channel are numbered in C order.
    const npy_intp steps[SPATIAL] = {conv.axes[1].taps * conv.axes[2].taps, conv.axes[2].taps, 1};
    list_all_taps(conv, all, steps, (ConvTap*)taps.data);
    Products<T> products = {(T*)of_rows.data, (T*)copy.data, 0, 0,
                            (npy_intp*)offsets.data, (npy_intp*)places.data, 0};
    for (npy_intp group = 0; group < conv.groups; ++group)
        for (npy_intp channel = 0; channel < conv.channels; channel += part.channels)
            for (npy_intp image = 0; image < conv.images; image += part.images)
                for (npy_intp n = 0; n < outputs.shape[band_axis]; n += part.band) {
                    View from = group_of(images, 1, conv.groups, group);
                    View to = group_of(outputs, 1, conv.groups, group);
                    from = part_of(part_of(from, 1, channel, part.channels), 0, image, part.images);
                    to = part_of(part_of(to, 0, image, part.images), band_axis, n, part.band);
                    Source source = all;
                    source.images = from.shape[0];
                    source.axes[part.axis].start += n * all.axes[part.axis].stride;
                    copy_columns(source, from, (const ConvTap*)taps.data, number_of_taps,
                                 conv.axes[2].taps, &products);
                    T* weights = dk + group * conv.rows * row_step + channel * number_of_taps;
                    for (npy_intp row = 0; row < conv.rows; row += part.rows) {
                        const View some = part_of(to, 1, row, part.rows);
                        copy_rows(source, some, &products);
                        products.add(some.shape[1], weights + row * row_step, row_step);
                    }
                }
    return true;
}

// Parts are groups, or rows of the only one.
template <typename T>
static bool conv_kernel_grad(const Convolution& conv, const View& x, const View& dy, T* dk) {
    const View images = with_three_axes(x, 2), outputs = with_three_axes(dy, 2);
    const npy_intp row_step = conv.channels * count_taps(conv);
    if (conv.groups == 1)
        return in_parallel(conv.rows, [&](npy_intp first, npy_intp number) {
            Convolution some = conv;
            some.rows = number;
            return run_conv_kernel_grad(some, images, part_of(outputs, 1, first, number),
                                        dk + first * row_step);
        });
    return in_parallel(conv.groups, [&](npy_intp first, npy_intp number) {
        Convolution some = conv;
        some.groups = number;
        return run_conv_kernel_grad(
            some, part_of(images, 1, first * conv.channels, number * conv.channels),
            part_of(outputs, 1, first * conv.rows, number * conv.rows),
            dk + first * conv.rows * row_step
        );
    });
}

}  // namespace pytensor_unpool

#endif
