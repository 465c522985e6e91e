// Convolution and its gradients, without a matrix of windows: tap k of all outputs of a row is a row
// of the image that begins elsewhere, so a sum over taps adds up vectors read from shifted places.
// Images are copied once, see conv/packing.h, or read where they are. As in
// pytensor_unpool/kernels/numba.
#ifndef PYTENSOR_UNPOOL_CONV_H
#define PYTENSOR_UNPOOL_CONV_H

namespace pytensor_unpool {

// Where sums go: `counts` outputs of each row, `steps` elements apart on the spatial axes.
template <typename T>
struct Target {
    T* data;
    npy_intp row_step, counts[SPATIAL], steps[SPATIAL];
    bool adds;

    // Write the columns of a tile from number `low` to before `high`. Column 0 is number `first` in
    // a copy with axes of these sizes; some belong to no output.
    void write(
        const T* tile, npy_intp rows, npy_intp width, npy_intp low, npy_intp high, npy_intp first,
        const SourceAxis* axes
    ) const {
        const npy_intp pitch = axes[2].size, lines = axes[1].size;
        npy_intp column = low, line = (first + low) / pitch, x = (first + low) % pitch;
        while (column < high && line / lines < counts[0]) {
            const npy_intp length = at_most(high - column, counts[2] - x);
            if (length > 0 && line % lines < counts[1]) {
                T* to = data + line / lines * steps[0] + line % lines * steps[1] + x * steps[2];
                for (npy_intp row = 0; row < rows; ++row)
                    put(tile + row * width + column, length, to + row * row_step);
            }
            column += pitch - x;
            x = 0;
            ++line;
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

// A sum over channels and taps for every row and output: what a convolution is, and each phase of
// its transpose. Panels are the rows of weights that are done at a time.
template <typename T>
struct Correlation {
    npy_intp rows;
    const char* weights;
    npy_intp weight_row, weight_channel;  // steps in bytes
    const ConvTap* taps;
    npy_intp number_of_taps;
    Target<T> target;

    npy_intp panels() const { return ceil_divide(rows, MOST_ROWS); }

    void pack(npy_intp first, npy_intp number, T* packed) const {
        const npy_intp n = panels();
        for (npy_intp p = 0; p < n; ++p)
            for (npy_intp channel = first; channel < first + number; ++channel)
                for (npy_intp t = 0; t < number_of_taps; ++t)
                    for (npy_intp row = rows * p / n; row < rows * (p + 1) / n; ++row)
                        *packed++ = *(const T*)(weights + row * weight_row +
                                                channel * weight_channel + taps[t].weight);
    }

    // All outputs `to` of one image, from as many terms as there are offsets in `from`, a portion of
    // the columns at a time. Where nothing may be read behind the last output's taps, the last tile
    // ends with that output.
    void run(
        const Source& source, const T* from, const npy_intp* offsets, npy_intp terms,
        npy_intp portion, const T* packed, const Target<T>& to, bool has_slack, T* tile
    ) const {
        const npy_intp n = panels(), columns = source.columns(to.counts);
        for (npy_intp begin = 0; begin < columns; begin += portion)
            for (npy_intp p = 0; p < n; ++p) {
                const npy_intp row = rows * p / n, number = rows * (p + 1) / n - row;
                const npy_intp end = at_most(columns, begin + portion);
                const TileKernel<T> kernel = TileKernel<T>::of(number);
                Target<T> here = to;
                here.data += row * to.row_step;
                for (npy_intp column = begin; column < end; column += kernel.width) {
                    const npy_intp first =
                        has_slack ? column : at_most(column, columns - kernel.width);
                    kernel.multiply(packed + row * terms, offsets, terms, from + first, tile,
                                    kernel.width);
                    here.write(tile, number, kernel.width, column - first,
                               at_most(kernel.width, end - first), first, source.axes);
                }
            }
    }
};

// Some correlations that read the same images: (batch, channels, three spatial axes), copied with
// `axes`. Their outputs are `image_step` elements apart.
template <typename T>
struct Correlations {
    View images;
    SourceAxis axes[SPATIAL];
    Correlation<T>* all;
    npy_intp number, image_step;

    npy_intp most_taps() const {
        npy_intp most = 1;
        for (npy_intp i = 0; i < number; ++i) most = at_least(most, all[i].number_of_taps);
        return most;
    }

    npy_intp sum_of_taps() const {
        npy_intp sum = 0;
        for (npy_intp i = 0; i < number; ++i) sum += all[i].number_of_taps;
        return sum;
    }

    npy_intp most_outputs(int axis) const {
        npy_intp most = 1;
        for (npy_intp i = 0; i < number; ++i) most = at_least(most, all[i].target.counts[axis]);
        return most;
    }

    // Whether images can be read where they are: no padding, no phases, and lines without gaps.
    bool in_place() const {
        npy_intp step = sizeof(T);
        for (int i = SPATIAL - 1; i >= 0; --i) {
            const SourceAxis& a = axes[i];
            if (a.stride != 1 || a.phases != 1 || a.start != 0) return false;
            if (a.size != images.shape[2 + i]) return false;
            if (images.shape[2 + i] != 1 && images.strides[2 + i] != step) return false;
            step *= images.shape[2 + i];
        }
        const Source source = {{axes[0], axes[1], axes[2]}, 1};
        return number == 1 && images.strides[1] % (npy_intp)sizeof(T) == 0 &&
               source.columns(all[0].target.counts) >= widest_tile<T>();
    }
};

// How much is done at a time.
struct Portions {
    npy_intp rows, channels, band, columns;
    int axis;  // the one that bands are of: the first that has several outputs
};

template <typename T>
static Portions portions_of(const Correlations<T>& c, bool in_place) {
    Portions part = {c.all[0].rows, c.images.shape[1], 0, 0, 0};
    const npy_intp weight = c.sum_of_taps() * sizeof(T);
    part.rows = at_most(part.rows, at_least(MOST_ROWS, MAX_WEIGHT_BYTES / weight));
    part.channels =
        at_most(part.channels, at_least(1, MAX_WEIGHT_BYTES / (weight * part.rows)));
    while (part.axis < SPATIAL - 1 && c.most_outputs(part.axis) == 1) ++part.axis;
    const npy_intp outputs = c.most_outputs(part.axis);
    part.band = outputs;
    const npy_intp tile = widest_tile<T>(), column = part.channels * sizeof(T);
    part.columns = ceil_divide(BAND_BYTES / at_least(1, column), tile) * tile;
    part.columns = at_least(part.columns, tile);
    if (in_place) return part;
    Source line = {{c.axes[0], c.axes[1], c.axes[2]}, 1};
    const npy_intp reach = line.axes[part.axis].size - outputs;
    line.axes[part.axis].size = 1;
    const npy_intp bytes = line.channel() * sizeof(T);
    part.channels = at_most(
        part.channels, at_least(1, MAX_PACKED_BYTES / (bytes * (reach + 1)))
    );
    const npy_intp most = at_least(1, BAND_BYTES / (bytes * part.channels) - reach);
    const npy_intp least = ceil_divide(outputs, at_most(most, outputs));
    // Tiles rarely end with a band: of some numbers of bands, take the one with fewest tiles.
    const npy_intp width = vectors_of(MOST_ROWS) * Wide<T>::lanes;
    npy_intp fewest = -1;
    for (npy_intp bands = least; bands <= at_most(outputs, least + 2); ++bands) {
        const npy_intp band = ceil_divide(outputs, bands);
        const npy_intp tiles = bands * ceil_divide(band * line.plane(), width);
        if (fewest < 0 || tiles < fewest) {
            fewest = tiles;
            part.band = band;
        }
    }
    return part;
}

// Run them all; false if there is no memory for scratch.
template <typename T>
static bool correlate(const Correlations<T>& c) {
    const bool in_place = c.in_place();
    const Portions part = portions_of(c, in_place);
    const npy_intp outputs = c.most_outputs(part.axis), channels = c.images.shape[1];
    Source source = {{c.axes[0], c.axes[1], c.axes[2]}, 1};
    source.axes[part.axis].size += part.band - outputs;
    const npy_intp terms = part.channels * c.sum_of_taps();
    Scratch weights(part.rows * terms * sizeof(T)), offsets(terms * sizeof(npy_intp));
    Scratch tile(MOST_ROWS * widest_tile<T>() * sizeof(T));
    const npy_intp copied = in_place ? 0 : part.channels * source.channel();
    Scratch copy((copied + source.slack<T>()) * sizeof(T));
    if (!weights.data || !offsets.data || !tile.data || !copy.data) return false;
    memset((T*)copy.data + copied, 0, source.slack<T>() * sizeof(T));
    const npy_intp channel_step =
        in_place ? c.images.strides[1] / (npy_intp)sizeof(T) : source.channel();
    for (npy_intp row = 0; row < c.all[0].rows; row += part.rows)
        for (npy_intp channel = 0; channel < channels; channel += part.channels) {
            const npy_intp number = at_most(part.channels, channels - channel);
            const npy_intp rows = at_most(part.rows, c.all[0].rows - row);
            T* packed = (T*)weights.data;
            npy_intp* offset = (npy_intp*)offsets.data;
            for (npy_intp i = 0; i < c.number; ++i) {
                Correlation<T> some = c.all[i];
                some.rows = rows;
                some.weights += row * some.weight_row;
                some.pack(channel, number, packed);
                packed += rows * number * some.number_of_taps;
                for (npy_intp n = 0; n < number; ++n)
                    for (npy_intp t = 0; t < some.number_of_taps; ++t)
                        *offset++ = n * channel_step + source.offset(some.taps[t]);
            }
            for (npy_intp n = 0; n < c.images.shape[0]; ++n)
                for (npy_intp first = 0; first < outputs; first += part.band) {
                    View image = c.images.trailing(
                        4, n * c.images.strides[0] + channel * c.images.strides[1]
                    );
                    image.shape[0] = number;
                    Source band = source;
                    band.axes[part.axis].start += first * band.axes[part.axis].stride;
                    if (!in_place) copy_image(band, image, 0, source.channel(), (T*)copy.data);
                    const T* from = in_place ? (const T*)image.data : (const T*)copy.data;
                    packed = (T*)weights.data;
                    offset = (npy_intp*)offsets.data;
                    for (npy_intp i = 0; i < c.number; ++i) {
                        Correlation<T> some = c.all[i];
                        const npy_intp taken = number * some.number_of_taps;
                        Target<T> to = some.target;
                        to.data += n * c.image_step + row * to.row_step +
                                   first * to.steps[part.axis];
                        to.counts[part.axis] = at_most(part.band, to.counts[part.axis] - first);
                        to.adds = channel > 0;
                        some.rows = rows;
                        if (to.counts[part.axis] > 0)
                            some.run(band, from, offset, taken, part.columns, packed, to,
                                     !in_place, (T*)tile.data);
                        packed += rows * taken;
                        offset += taken;
                    }
                }
        }
    return true;
}

}  // namespace pytensor_unpool

#endif
