// The gradient of convolution by the images, without multiplying by the zeros of "full" padding. Each
// tap's sums over the output channels are added where the tap would have read packed images; from
// there they are added to the images. As in kernels/numba/conv/col2im.py, except for the panels of
// weights: see conv/gemm.h.
#ifndef PYTENSOR_UNPOOL_CONV_COL2IM_H
#define PYTENSOR_UNPOOL_CONV_COL2IM_H

namespace pytensor_unpool {

// The sums of some channels, m by n: a row for each tap and channel, a column for each output. Row
// i is added to packed images from starts[i] on; term i of k is at offsets[i] of the packed
// outputs.
template <typename T>
struct Columns {
    T* packed;
    npy_intp m, k, channels;
    npy_intp *starts, *offsets;

    // Neighbouring rows are of different channels: adding to one need not wait for the one before.
    void pack_columns_weights(const View& weights, const Tap* taps) const {
        const Panels panels = {m};
        T* to = packed;
        for (npy_intp p = 0; p < panels.count(); ++p)
            for (npy_intp i = 0; i < k; ++i)
                for (npy_intp row = panels.first(p); row < panels.first(p + 1); ++row)
                    *to++ = *(const T*)(weights.data + i * weights.strides[0] +
                                        row % channels * weights.strides[1] +
                                        taps[row / channels].weight);
    }

    // Add the sums of n outputs, some of them at a time, to packed images.
    void add_columns(const T* outputs, npy_intp n, T* tile, T* sums) const {
        const Panels panels = {m};
        const npy_intp widest = widest_tile<T>();
        const npy_intp tiles = COL2IM_BYTES / ((k + channels) * (npy_intp)sizeof(T)) / widest;
        const npy_intp nc = at_least(1, tiles) * widest;
        for (npy_intp begin = 0; begin < n; begin += nc)
            for (npy_intp p = 0; p < panels.count(); ++p) {
                const npy_intp row = panels.first(p), mr = panels.rows(p);
                const npy_intp end = at_most(n, begin + nc);
                const TileKernel<T, const npy_intp*> adding =
                    TileKernel<T, const npy_intp*>::of(mr);
                const T* weights = packed + row * k;
                npy_intp column = begin;
                for (; column + adding.nr <= end; column += adding.nr)
                    adding.multiply(weights, offsets, k, outputs + column, sums + column,
                                    starts + row);
                if (column == end) continue;
                TileKernel<T>::of(mr).multiply(weights, offsets, k, outputs + column, tile,
                                               adding.nr);
                for (npy_intp i = 0; i < mr; ++i) {
                    T* to = sums + starts[row + i] + column;
                    for (npy_intp j = 0; j < end - column; ++j) to[j] += tile[i * adding.nr + j];
                }
            }
    }
};

// Write the channels of an image: the sums of their packed elements.
template <typename T>
static void add_image(const Packing& packing, const View& image, T* sums) {
    memset(image.data, 0, image.shape[0] * image.strides[0]);
    each_row(packing, image, 0, packing.channel_size(), sums,
             [](const PackedRow& row, char* data, T* from) {
                 if (data) row.add(from, data);
             });
}

// The gradient of one group. The images of `dx` are C contiguous.
template <typename T>
static bool col2im_of_group(
    const ConvShape& conv, const Packing& packing, const View& weights, const View& dy,
    const View& dx
) {
    const npy_intp k = conv.out_channels, taps_count = count_taps(conv);
    const npy_intp step = packing.channel_size(), plane = packing.plane_size();
    const npy_intp bytes = sizeof(T) * at_least(step, k * taps_count);
    const npy_intp most = at_least(1, at_most(conv.channels, BAND_BYTES / bytes));
    const npy_intp most_m = most * taps_count, slack = widest_tile<T>();
    const npy_intp sums_bytes = (most * step + packing.slack_size<T>()) * sizeof(T);
    const Packing of_outputs = packing.packed_outputs();
    npy_intp outputs[SPATIAL];
    for (int i = 0; i < SPATIAL; ++i) outputs[i] = conv.axes[i].outputs;
    const npy_intp n = of_outputs.column_count(outputs);
    Scratch taps(taps_count * sizeof(Tap)), starts(most_m * sizeof(npy_intp));
    Scratch offsets(k * sizeof(npy_intp)), packed(most_m * k * sizeof(T));
    Scratch tile(MR * slack * sizeof(T)), packed_dy((k * plane + slack) * sizeof(T));
    Scratch sums(sums_bytes);
    if (!taps.data || !starts.data || !offsets.data || !packed.data || !tile.data ||
        !packed_dy.data || !sums.data)
        return false;
    memset((T*)packed_dy.data + k * plane, 0, slack * sizeof(T));
    list_all_taps(conv, packing, weights.strides + 2, (Tap*)taps.data);
    Columns<T> block = {(T*)packed.data, 0, k, 0, (npy_intp*)starts.data,
                        (npy_intp*)offsets.data};
    for (npy_intp i = 0; i < k; ++i) block.offsets[i] = i * plane;
    for (npy_intp channel = 0; channel < conv.channels; channel += most) {
        block.channels = at_most(most, conv.channels - channel);
        block.m = block.channels * taps_count;
        block.pack_columns_weights(part_of(weights, 1, channel, block.channels),
                                   (const Tap*)taps.data);
        for (npy_intp i = 0; i < block.m; ++i)
            block.starts[i] = i % block.channels * step +
                              packing.tap_offset(((const Tap*)taps.data)[i / block.channels]);
        for (npy_intp image = 0; image < conv.images; ++image) {
            memset(sums.data, 0, sums_bytes);
            pack_image(of_outputs, dy.trailing(4, image * dy.strides[0]), 0, plane,
                       (T*)packed_dy.data);
            block.add_columns((const T*)packed_dy.data, n, (T*)tile.data, (T*)sums.data);
            View to = dx.trailing(4, image * dx.strides[0] + channel * dx.strides[1]);
            to.shape[0] = block.channels;
            add_image(packing, to, (T*)sums.data);
        }
    }
    return true;
}

// Fill in all images; `packing` is that of images for outputs.
template <typename T>
static bool col2im(
    const ConvShape& conv, const Packing& packing, const View& kernel, const View& dy, T* dx,
    npy_intp image_step
) {
    View images = {(char*)dx, 2 + SPATIAL, {conv.images, conv.channels}, {}};
    npy_intp step = sizeof(T);
    for (int i = SPATIAL - 1; i >= 0; --i) {
        images.shape[2 + i] = conv.axes[i].length;
        images.strides[2 + i] = step;
        step *= conv.axes[i].length;
    }
    images.strides[1] = step;
    images.strides[0] = image_step * sizeof(T);
    for (npy_intp group = 0; group < conv.groups; ++group) {
        if (!col2im_of_group<T>(conv, packing, group_of(kernel, 0, conv.groups, group),
                                group_of(dy, 1, conv.groups, group), images))
            return false;
        images.data += conv.channels * images.strides[1];
    }
    return true;
}

}  // namespace pytensor_unpool

#endif
