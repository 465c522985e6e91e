// Convolution as products of matrices, without a matrix of windows: tap k of all outputs of a row
// is a row of the image that begins elsewhere, so a sum over taps adds up vectors read from shifted
// places (an "indirect" GEMM). The weights are m by k: output channels by channels and taps. The
// columns, n, are the elements of packed images from the first output to the last. As in
// kernels/numba/conv/gemm.py, except that panels of weights are as equal as possible.
#ifndef PYTENSOR_UNPOOL_CONV_GEMM_H
#define PYTENSOR_UNPOOL_CONV_GEMM_H

namespace pytensor_unpool {

// The panels of m rows of weights: as few as tiles of MR rows allow, and as equal as possible.
struct Panels {
    npy_intp m;

    npy_intp count() const { return ceil_divide(m, MR); }
    npy_intp first(npy_intp panel) const { return m * panel / count(); }
    npy_intp rows(npy_intp panel) const { return first(panel + 1) - first(panel); }
};

// Where sums go: `outputs` of each output channel, `steps` elements apart on the spatial axes.
template <typename T>
struct Target {
    T* data;
    npy_intp channel_step, outputs[SPATIAL], steps[SPATIAL];
    bool adds;

    // Write the columns of a tile from number `low` to before `high`. Column 0 is number `first` of
    // packed images with these axes; some are no output's.
    void write_tile(
        const T* tile, npy_intp mr, npy_intp nr, npy_intp low, npy_intp high, npy_intp first,
        const PackedAxis* axes
    ) const {
        const npy_intp pitch = axes[2].size, rows = axes[1].size;
        npy_intp column = low, row = (first + low) / pitch, x = (first + low) % pitch;
        while (column < high && row / rows < outputs[0]) {
            const npy_intp length = at_most(high - column, outputs[2] - x);
            if (length > 0 && row % rows < outputs[1]) {
                T* to = data + row / rows * steps[0] + row % rows * steps[1] + x * steps[2];
                for (npy_intp m = 0; m < mr; ++m)
                    put(tile + m * nr + column, length, to + m * channel_step);
            }
            column += pitch - x;
            x = 0;
            ++row;
        }
    }

    UNPOOL_INLINE void put(const T* from, npy_intp length, T* to) const {
        if (steps[2] != 1)
            for (npy_intp i = 0; i < length; ++i)
                to[i * steps[2]] = adds ? to[i * steps[2]] + from[i] : from[i];
        else if (adds)
            for (npy_intp i = 0; i < length; ++i) to[i] += from[i];
        else
            for (npy_intp i = 0; i < length; ++i) to[i] = from[i];
    }
};

// What a product of matrices is: sums over channels and some taps, for each of the m output
// channels and each output. A convolution is one, and so is each phase of its transpose.
template <typename T>
struct Correlation {
    npy_intp m;
    const char* weights;
    npy_intp m_step, channel_step;  // of the weights, in bytes
    const Tap* taps;
    npy_intp number_of_taps;
    Target<T> target;

    void pack_weights(npy_intp first_channel, npy_intp channels, T* packed) const {
        const Panels panels = {m};
        for (npy_intp p = 0; p < panels.count(); ++p)
            for (npy_intp channel = first_channel; channel < first_channel + channels; ++channel)
                for (npy_intp t = 0; t < number_of_taps; ++t)
                    for (npy_intp i = panels.first(p); i < panels.first(p + 1); ++i)
                        *packed++ = *(const T*)(weights + i * m_step + channel * channel_step +
                                                taps[t].weight);
    }
};

// What a product reads: packed weights, and k terms of them by what is read at k offsets.
template <typename T>
struct Operands {
    npy_intp m, k;
    const T *weights, *source;
    const npy_intp* offsets;
};

// Some correlations that read the same images: (batch, channels, three spatial axes). Their outputs
// are `image_step` elements apart.
template <typename T>
struct Correlations {
    View images;
    Packing packing;
    Correlation<T>* all;
    npy_intp number, image_step;

    npy_intp sum_of_taps() const {
        npy_intp sum = 0;
        for (npy_intp i = 0; i < number; ++i) sum += all[i].number_of_taps;
        return sum;
    }

    npy_intp max_outputs(int axis) const {
        npy_intp most = 1;
        for (npy_intp i = 0; i < number; ++i) most = at_least(most, all[i].target.outputs[axis]);
        return most;
    }
};

// How much is done at a time: output channels, channels, columns, and a band of outputs.
struct Blocking {
    npy_intp mc, channels, nc, band;
    int band_axis;  // the first that has several outputs
    bool in_place;
};

// Compute the outputs of one correlation and image, `nc` columns at a time. Where nothing may be
// read beyond the last output's taps, the last tile ends with that output.
template <typename T>
static void multiply_band(
    const Packing& packing, const Operands<T>& operands, const Target<T>& target,
    const Blocking& blocking, T* tile
) {
    const Panels panels = {operands.m};
    const npy_intp columns = packing.column_count(target.outputs), k = operands.k;
    for (npy_intp begin = 0; begin < columns; begin += blocking.nc)
        for (npy_intp p = 0; p < panels.count(); ++p) {
            const npy_intp row = panels.first(p), mr = panels.rows(p);
            const npy_intp end = at_most(columns, begin + blocking.nc);
            const TileKernel<T> kernel = TileKernel<T>::of(mr);
            Target<T> to = target;
            to.data += row * to.channel_step;
            for (npy_intp column = begin; column < end; column += kernel.nr) {
                const npy_intp first =
                    blocking.in_place ? at_most(column, columns - kernel.nr) : column;
                kernel.multiply(operands.weights + row * k, operands.offsets, k,
                                operands.source + first, tile, kernel.nr);
                to.write_tile(tile, mr, kernel.nr, column - first,
                              at_most(kernel.nr, end - first), first, packing.axes);
            }
        }
}

template <typename T>
static Blocking choose_blocking(const Correlations<T>& c, bool in_place) {
    Blocking b = {c.all[0].m, c.images.shape[1], 0, 0, 0, in_place};
    const npy_intp weight = c.sum_of_taps() * sizeof(T);
    b.mc = at_most(b.mc, at_least(MR, MAX_WEIGHT_BYTES / weight));
    b.channels = at_most(b.channels, at_least(1, MAX_WEIGHT_BYTES / (weight * b.mc)));
    while (b.band_axis < SPATIAL - 1 && c.max_outputs(b.band_axis) == 1) ++b.band_axis;
    const npy_intp outputs = c.max_outputs(b.band_axis);
    b.band = outputs;
    const npy_intp widest = widest_tile<T>(), column = b.channels * sizeof(T);
    b.nc = ceil_divide(BAND_BYTES / at_least(1, column), widest) * widest;
    b.nc = at_least(b.nc, widest);
    if (in_place) return b;
    Packing line = c.packing;
    const npy_intp reach = line.axes[b.band_axis].size - outputs;
    line.axes[b.band_axis].size = 1;
    const npy_intp bytes = line.channel_size() * sizeof(T);
    b.channels = at_most(b.channels, at_least(1, MAX_PACKED_BYTES / (bytes * (reach + 1))));
    const npy_intp most = at_least(1, BAND_BYTES / (bytes * b.channels) - reach);
    const npy_intp least = ceil_divide(outputs, at_most(most, outputs));
    // Tiles rarely end with a band: try some numbers of bands, take the one with fewest tiles.
    const npy_intp nr = tile_vectors(MR) * Wide<T>::lanes;
    npy_intp fewest = -1;
    for (npy_intp bands = least; bands <= at_most(outputs, least + 2); ++bands) {
        const npy_intp band = ceil_divide(outputs, bands);
        const npy_intp tiles = bands * ceil_divide(band * line.plane_size(), nr);
        if (fewest < 0 || tiles < fewest) {
            fewest = tiles;
            b.band = band;
        }
    }
    return b;
}

// The output channels and channels of the weights that are done at a time.
struct WeightBlock {
    npy_intp first_m, m, first_channel, channels;
};

// Write the weights of all correlations, and where each of their terms reads.
template <typename T>
static void pack_block(
    const Correlations<T>& c, const WeightBlock& block, const Packing& packing,
    npy_intp channel_step, T* packed, npy_intp* offset
) {
    for (npy_intp i = 0; i < c.number; ++i) {
        Correlation<T> correlation = c.all[i];
        correlation.m = block.m;
        correlation.weights += block.first_m * correlation.m_step;
        correlation.pack_weights(block.first_channel, block.channels, packed);
        packed += block.m * block.channels * correlation.number_of_taps;
        for (npy_intp channel = 0; channel < block.channels; ++channel)
            for (npy_intp t = 0; t < correlation.number_of_taps; ++t)
                *offset++ = channel * channel_step + packing.tap_offset(correlation.taps[t]);
    }
}

// Compute all correlations on image `n`, for the outputs of a band from `first` on: `operands` are
// those of the first one.
template <typename T>
static void run_band(
    const Correlations<T>& c, const WeightBlock& block, const Packing& packing, npy_intp n,
    npy_intp first, const Blocking& blocking, Operands<T> operands, T* tile
) {
    const int axis = blocking.band_axis;
    for (npy_intp i = 0; i < c.number; ++i) {
        operands.k = block.channels * c.all[i].number_of_taps;
        Target<T> to = c.all[i].target;
        to.data += n * c.image_step + block.first_m * to.channel_step + first * to.steps[axis];
        to.outputs[axis] = at_most(blocking.band, to.outputs[axis] - first);
        to.adds = block.first_channel > 0;
        if (to.outputs[axis] > 0) multiply_band(packing, operands, to, blocking, tile);
        operands.weights += block.m * operands.k;
        operands.offsets += operands.k;
    }
}

// Compute them all; false if there is no scratch memory.
template <typename T>
static bool gemm(const Correlations<T>& c) {
    const npy_intp m = c.all[0].m, channels = c.images.shape[1];
    const bool in_place =
        c.number == 1 && can_read_in_place<T>(c.packing, c.images, c.all[0].target.outputs);
    const Blocking blocking = choose_blocking(c, in_place);
    const int axis = blocking.band_axis;
    const npy_intp outputs = c.max_outputs(axis);
    Packing band = c.packing;
    band.axes[axis].size += blocking.band - outputs;
    const npy_intp k = blocking.channels * c.sum_of_taps(), slack = band.slack_size<T>();
    const npy_intp used = in_place ? 0 : blocking.channels * band.channel_size();
    Scratch weights(blocking.mc * k * sizeof(T)), offsets(k * sizeof(npy_intp));
    Scratch tile(MR * widest_tile<T>() * sizeof(T)), packed((used + slack) * sizeof(T));
    if (!weights.data || !offsets.data || !tile.data || !packed.data) return false;
    memset((T*)packed.data + used, 0, slack * sizeof(T));
    const npy_intp channel_step =
        in_place ? c.images.strides[1] / (npy_intp)sizeof(T) : band.channel_size();
    for (npy_intp row = 0; row < m; row += blocking.mc)
        for (npy_intp channel = 0; channel < channels; channel += blocking.channels) {
            const WeightBlock block = {row, at_most(blocking.mc, m - row), channel,
                                       at_most(blocking.channels, channels - channel)};
            pack_block(c, block, band, channel_step, (T*)weights.data, (npy_intp*)offsets.data);
            for (npy_intp n = 0; n < c.images.shape[0]; ++n) {
                View image = c.images.trailing(
                    4, n * c.images.strides[0] + channel * c.images.strides[1]
                );
                image.shape[0] = block.channels;
                for (npy_intp first = 0; first < outputs; first += blocking.band) {
                    band.axes[axis].start =
                        c.packing.axes[axis].start + first * band.axes[axis].stride;
                    if (!in_place) pack_image(band, image, 0, band.channel_size(), (T*)packed.data);
                    const T* source = in_place ? (const T*)image.data : (const T*)packed.data;
                    run_band(c, block, band, n, first, blocking,
                             {block.m, 0, (const T*)weights.data, source,
                              (const npy_intp*)offsets.data},
                             (T*)tile.data);
                }
            }
        }
    return true;
}

}  // namespace pytensor_unpool

#endif
