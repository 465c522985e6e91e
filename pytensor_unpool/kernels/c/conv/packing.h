// Packing: copies of images with their padding, so that no element needs a case of its own, and in
// a part for each phase of the stride, or for each tap. As in kernels/numba/conv/packing.py.
#ifndef PYTENSOR_UNPOOL_CONV_PACKING_H
#define PYTENSOR_UNPOOL_CONV_PACKING_H

namespace pytensor_unpool {

// How many elements at the end of each packed row can be left out: zeros, if the next row, of any
// phase or channel, begins with as many. So the padding between two rows serves both. Rows must be
// longer than the outputs read by one tap.
static inline npy_intp shared_zeros(const PackedAxis& a, npy_intp length, npy_intp outputs) {
    npy_intp shared = a.size - outputs;
    for (npy_intp phase = 0; phase < a.phases; ++phase) {
        const npy_intp end = ceil_divide(length - a.phase_start(phase), a.stride);
        shared = at_most(shared, at_least(0, ceil_divide(-a.phase_start(phase), a.stride)));
        shared = at_most(shared, at_least(0, a.size - end));
    }
    return at_least(0, shared);
}

// How images are packed: [channel][phase][z][y][image][x].
struct Packing {
    PackedAxis axes[SPATIAL];
    npy_intp images;

    npy_intp plane_size() const { return axes[0].size * axes[1].size * axes[2].size; }
    npy_intp phase_count() const { return axes[0].phases * axes[1].phases * axes[2].phases; }
    npy_intp channel_size() const { return phase_count() * images * plane_size(); }

    // What may be read beyond the last channel: the end of a row that is left out, and a tile.
    template <typename T>
    npy_intp slack_size() const { return widest_tile<T>() + axes[2].size; }

    // How many columns lie from the first output to the last; some are no output's.
    npy_intp column_count(const npy_intp* outputs) const {
        const npy_intp rows = (outputs[0] - 1) * axes[1].size + outputs[1];
        return (rows * images - 1) * axes[2].size + outputs[2];
    }

    // How outputs are packed to be as far apart as what they read: with zeros where the images have
    // elements that belong to no output.
    Packing packed_outputs() const {
        Packing of_outputs = *this;
        for (PackedAxis& a : of_outputs.axes) a = {0, 1, 1, 1, 1, a.size};
        return of_outputs;
    }

    // How far from the first element of its channel a tap of output 0 reads.
    npy_intp tap_offset(const Tap& tap) const {
        npy_intp phase = 0;
        for (int i = 0; i < SPATIAL; ++i) phase = phase * axes[i].phases + tap.phase[i];
        const npy_intp row = tap.shift[0] * axes[1].size + tap.shift[1];
        return (phase * plane_size() + row * axes[2].size) * images + tap.shift[2];
    }
};

// A row of `count` packed elements: those of an image from `low` to before `high`, else zeros.
// Element 0 is the image's number `first`, and they are `stride` apart there; the row of the image
// has `length` elements, `step` bytes apart.
struct PackedRow {
    npy_intp count, low, high, offset, step;  // of the element at `low`, and from there, in bytes

    PackedRow(npy_intp length, npy_intp step, npy_intp first, npy_intp stride, npy_intp count)
        : count(count), step(step * stride) {
        low = at_most(count, at_least(0, ceil_divide(-first, stride)));
        high = at_least(low, at_most(count, ceil_divide(length - first, stride)));
        offset = (first + low * stride) * step;
    }

    template <typename T>
    UNPOOL_INLINE void pack(const char* row, T* to) const {
        const char* from = row + offset;
        for (npy_intp i = 0; i < low; ++i) to[i] = 0;
        if (step == (npy_intp)sizeof(T)) memcpy(to + low, from, (high - low) * sizeof(T));
        else if (step == 2 * (npy_intp)sizeof(T) && high - low >= LANES)
            // If vectors do not divide the row, the last one overlaps the one before.
            for (npy_intp i = 0; i < high - low; i += LANES) {
                const npy_intp first = at_most(i, high - low - LANES);
                store_vector(load_lanes<2>((const T*)from + 2 * first), to + low + first);
            }
        else
            for (npy_intp i = low; i < high; ++i, from += step) to[i] = *(const T*)from;
        for (npy_intp i = high; i < count; ++i) to[i] = 0;
    }

    // The transpose of `pack`.
    template <typename T>
    UNPOOL_INLINE void add(const T* from, char* row) const {
        char* to = row + offset;
        if (step == (npy_intp)sizeof(T))
            for (npy_intp i = low; i < high; ++i) ((T*)to)[i - low] += from[i];
        else
            for (npy_intp i = low; i < high; ++i, to += step) *(T*)to += from[i];
    }
};

// Call ``run(row, data, packed)`` for the rows of image number `slot`; `data` is NULL for a row
// that the image does not have. Its channels are on the first axis of `image`, before three spatial
// ones, and `channel_step` elements apart where they are packed.
template <typename T, typename Run>
static UNPOOL_INLINE void each_row(
    const Packing& packing, const View& image, npy_intp slot, npy_intp channel_step, T* packed,
    const Run& run
) {
    const PackedAxis *z = packing.axes, *y = z + 1, *x = z + 2;
    const npy_intp pitch = packing.images * x->size;
    for (npy_intp phase = 0; phase < packing.phase_count(); ++phase) {
        const npy_intp first_z = z->phase_start(phase / (y->phases * x->phases));
        const npy_intp first_y = y->phase_start(phase / x->phases % y->phases);
        const PackedRow row(image.shape[3], image.strides[3], x->phase_start(phase % x->phases),
                            x->stride, x->size);
        for (npy_intp channel = 0; channel < image.shape[0]; ++channel) {
            char* data = image.data + channel * image.strides[0];
            T* to = packed + channel * channel_step +
                    phase * packing.images * packing.plane_size() + slot * x->size;
            for (npy_intp j = 0; j < z->size; ++j)
                for (npy_intp i = 0; i < y->size; ++i, to += pitch) {
                    npy_intp at_z = first_z + j * z->stride, at_y = first_y + i * y->stride;
                    const bool is_outside = at_z < 0 || at_z >= image.shape[1] || at_y < 0 ||
                                            at_y >= image.shape[2];
                    run(row,
                        is_outside ? NULL
                                   : data + at_z * image.strides[1] + at_y * image.strides[2],
                        to);
                }
        }
    }
}

// Pack the channels of an image as image number `slot`.
template <typename T>
static void pack_image(
    const Packing& packing, const View& image, npy_intp slot, npy_intp channel_step, T* to
) {
    each_row(packing, image, slot, channel_step, to,
             [](const PackedRow& row, char* data, T* packed) {
                 if (data) row.pack(data, packed);
                 else memset(packed, 0, row.count * sizeof(T));
             });
}

// Whether images (batch, channels, three spatial axes) can be read where they are: no padding, no
// phases, and no gaps.
template <typename T>
static bool can_read_in_place(const Packing& packing, const View& x, const npy_intp* outputs) {
    npy_intp step = sizeof(T);
    for (int i = SPATIAL - 1; i >= 0; --i) {
        const PackedAxis& a = packing.axes[i];
        if (a.stride != 1 || a.phases != 1 || a.start != 0 || a.size != x.shape[2 + i])
            return false;
        if (x.shape[2 + i] != 1 && x.strides[2 + i] != step) return false;
        step *= x.shape[2 + i];
    }
    return x.strides[1] % (npy_intp)sizeof(T) == 0 &&
           packing.column_count(outputs) >= widest_tile<T>();
}

}  // namespace pytensor_unpool

#endif
