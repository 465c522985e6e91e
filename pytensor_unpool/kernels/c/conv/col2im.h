// The transpose of convolution in the images without the zeros that a "full" padding multiplies with:
// each tap's sums over the output channels are added to a copy, where the tap would have read.
#ifndef PYTENSOR_UNPOOL_CONV_SCATTER_H
#define PYTENSOR_UNPOOL_CONV_SCATTER_H

namespace pytensor_unpool {

// How the images' sums, and the outputs that they are of, are copied.
struct Scatter {
    Source sums, outputs;
    npy_intp channels, columns;  // that are done at a time

    template <typename T>
    static Scatter of(const Convolution& conv) {
        const npy_intp counts[SPATIAL] = {conv.axes[0].outputs, conv.axes[1].outputs,
                                          conv.axes[2].outputs};
        Scatter s = {source_of(conv, counts[0] > 1 || counts[1] > 1), {}, 0, 0};
        s.outputs = s.sums.of_outputs();
        s.columns = s.outputs.columns(counts);
        const npy_intp bytes = sizeof(T) * at_least(s.sums.channel(), conv.rows * count_taps(conv));
        s.channels = at_least(1, at_most(conv.channels, BAND_BYTES / bytes));
        return s;
    }

    // Whether there are much fewer outputs than elements that would be summed up for themselves, which
    // is slow for a single channel.
    template <typename T>
    bool is_faster(const Convolution& conv) const {
        const npy_intp most = MAX_PACKED_BYTES / (npy_intp)sizeof(T);
        npy_intp elements = 1;
        for (const ConvAxis& a : conv.axes) elements *= ceil_divide(a.length, a.stride);
        return columns * (conv.rows + ADDED_PRODUCTS) * conv.channels <
                   elements * conv.rows * (conv.channels + 1) &&
               sums.channel() < most && conv.rows * count_taps(conv) < most &&
               conv.rows * outputs.plane() < most;
    }
};

// The sums of some channels: `rows` of them, each with a place in the copy of an image.
template <typename T>
struct ScatteredSums {
    T* packed;
    npy_intp rows, terms, channels;
    npy_intp *places, *offsets;  // of the rows in the copy, of the terms in the outputs

    npy_intp panels() const { return ceil_divide(rows, MOST_ROWS); }

    // Neighbouring rows are of different channels: what is added to one is not waited for by the next.
    void pack(const View& weights, const ConvTap* taps) const {
        const npy_intp n = panels();
        T* to = packed;
        for (npy_intp p = 0; p < n; ++p)
            for (npy_intp term = 0; term < terms; ++term)
                for (npy_intp row = rows * p / n; row < rows * (p + 1) / n; ++row)
                    *to++ = *(const T*)(weights.data + term * weights.strides[0] +
                                        row % channels * weights.strides[1] +
                                        taps[row / channels].weight);
    }

    // Add the sums of `columns` outputs, a portion of them at a time, which stays near.
    void add(const T* outputs, npy_intp columns, T* tile, T* sums) const {
        const npy_intp n = panels(), widest = widest_tile<T>();
        const npy_intp tiles = COL2IM_BYTES / ((terms + channels) * (npy_intp)sizeof(T)) / widest;
        const npy_intp portion = at_least(1, tiles) * widest;
        for (npy_intp begin = 0; begin < columns; begin += portion)
            for (npy_intp p = 0; p < n; ++p) {
                const npy_intp row = rows * p / n, number = rows * (p + 1) / n - row;
                const npy_intp end = at_most(columns, begin + portion);
                const TileKernel<T, const npy_intp*> adding =
                    TileKernel<T, const npy_intp*>::of(number);
                const T* weights = packed + row * terms;
                npy_intp column = begin;
                for (; column + adding.width <= end; column += adding.width)
                    adding.multiply(weights, offsets, terms, outputs + column, sums + column,
                                    places + row);
                if (column == end) continue;
                TileKernel<T>::of(number).multiply(weights, offsets, terms, outputs + column, tile,
                                                   adding.width);
                for (npy_intp i = 0; i < number; ++i) {
                    T* to = sums + places[row + i] + column;
                    for (npy_intp j = 0; j < end - column; ++j) to[j] += tile[i * adding.width + j];
                }
            }
    }
};

// Add the copy of some channels of an image to these.
template <typename T>
static void add_image(const Source& source, const View& image, T* sums) {
    each_row(source, image, 0, source.channel(), sums,
             [](const CopiedRow& row, char* data, T* from) {
                 if (data) row.add(from, data);
             });
}

// The sums of one group. The images of `dx` are C contiguous.
template <typename T>
static bool scatter_group(
    const Convolution& conv, const Scatter& s, const View& weights, const View& outputs,
    const View& dx
) {
    const npy_intp number_of_taps = count_taps(conv), most_rows = s.channels * number_of_taps;
    const npy_intp plane = s.outputs.plane(), slack = widest_tile<T>();
    const npy_intp size = (s.channels * s.sums.channel() + s.sums.slack<T>()) * sizeof(T);
    Scratch taps(number_of_taps * sizeof(ConvTap)), places(most_rows * sizeof(npy_intp));
    Scratch offsets(conv.rows * sizeof(npy_intp)), packed(most_rows * conv.rows * sizeof(T));
    Scratch tile(MOST_ROWS * slack * sizeof(T)), copy((conv.rows * plane + slack) * sizeof(T));
    Scratch sums(size);
    if (!taps.data || !places.data || !offsets.data || !packed.data || !tile.data || !copy.data ||
        !sums.data)
        return false;
    memset((T*)copy.data + conv.rows * plane, 0, slack * sizeof(T));
    list_all_taps(conv, s.sums, weights.strides + 2, (ConvTap*)taps.data);
    ScatteredSums<T> all = {(T*)packed.data, 0, conv.rows, 0, (npy_intp*)places.data,
                            (npy_intp*)offsets.data};
    for (npy_intp i = 0; i < conv.rows; ++i) all.offsets[i] = i * plane;
    for (npy_intp channel = 0; channel < conv.channels; channel += s.channels) {
        all.channels = at_most(s.channels, conv.channels - channel);
        all.rows = all.channels * number_of_taps;
        all.pack(part_of(weights, 1, channel, all.channels), (const ConvTap*)taps.data);
        for (npy_intp i = 0; i < all.rows; ++i)
            all.places[i] = i % all.channels * s.sums.channel() +
                            s.sums.offset(((const ConvTap*)taps.data)[i / all.channels]);
        for (npy_intp n = 0; n < conv.images; ++n) {
            memset(sums.data, 0, size);
            copy_image(s.outputs, outputs.trailing(4, n * outputs.strides[0]), 0, plane,
                       (T*)copy.data);
            all.add((const T*)copy.data, s.columns, (T*)tile.data, (T*)sums.data);
            View image = dx.trailing(4, n * dx.strides[0] + channel * dx.strides[1]);
            image.shape[0] = all.channels;
            memset(image.data, 0, all.channels * image.strides[0]);
            add_image(s.sums, image, (T*)sums.data);
        }
    }
    return true;
}

template <typename T>
static bool scatter(
    const Convolution& conv, const Scatter& s, const View& weights, const View& outputs, T* dx,
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
        if (!scatter_group<T>(conv, s, group_of(weights, 0, conv.groups, group),
                              group_of(outputs, 1, conv.groups, group), images))
            return false;
        images.data += conv.channels * images.strides[1];
    }
    return true;
}

}  // namespace pytensor_unpool

#endif
