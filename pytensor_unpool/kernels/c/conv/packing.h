// Copies of images for convolutions: with their padding, so that no place needs a case of its own, and
// a part for each phase of the stride, or for each tap. As in pytensor_unpool/kernels/numba.
#ifndef PYTENSOR_UNPOOL_CONV_COPIES_H
#define PYTENSOR_UNPOOL_CONV_COPIES_H

namespace pytensor_unpool {

const int SPATIAL = 3;

// One of three spatial axes; a missing one has one element, one tap and one output.
struct ConvAxis {
    npy_intp length, taps, outputs, stride, before, dilation;
};

// What a convolution of arrays is, for each of its groups.
struct Convolution {
    npy_intp images, groups, channels, rows;  // `rows` are the output channels
    ConvAxis axes[SPATIAL];
    bool flip;
};

// An axis of a copy: where the stride is not 1, neighbouring outputs read elements so far apart; these
// are neighbours in the copy, which has a part for each phase that taps read, `size` elements each.
// Element j of phase b is the image's at start + b * dilation % period + j * stride, or zero. The
// period is the stride; or longer than the kernel, where each tap has a part of its own.
struct SourceAxis {
    npy_intp start, stride, dilation, period, phases, size;

    npy_intp first(npy_intp phase) const { return start + phase * dilation % period; }
};

// How many elements at the end of each row of a copy can be left out: zeros, where the next row, of
// whatever phase or channel, begins with as many. So the padding between two rows serves both. The
// rows have to be longer than the outputs read by one tap.
static inline npy_intp shared_zeros(const SourceAxis& a, npy_intp length, npy_intp outputs) {
    npy_intp shared = a.size - outputs;
    for (npy_intp phase = 0; phase < a.phases; ++phase) {
        const npy_intp end = ceil_divide(length - a.first(phase), a.stride);
        shared = at_most(shared, at_least(0, ceil_divide(-a.first(phase), a.stride)));
        shared = at_most(shared, at_least(0, a.size - end));
    }
    return at_least(0, shared);
}

// Where a tap is in the weights, in bytes, and where it reads in a copy: phase and shift.
struct ConvTap {
    npy_intp weight, phase[SPATIAL], shift[SPATIAL];
};

// The copy of the channels of images: [channel][phase][z][y][image][x].
struct Source {
    SourceAxis axes[SPATIAL];
    npy_intp images;

    npy_intp plane() const { return axes[0].size * axes[1].size * axes[2].size; }
    npy_intp phases() const { return axes[0].phases * axes[1].phases * axes[2].phases; }
    npy_intp channel() const { return phases() * images * plane(); }

    // What may be read behind the last channel: the end of a row that is left out, and a tile.
    template <typename T>
    npy_intp slack() const { return widest_tile<T>() + axes[2].size; }

    // How many columns lie from the first output to the last; some belong to none.
    npy_intp columns(const npy_intp* counts) const {
        npy_intp lines = (counts[0] - 1) * axes[1].size + counts[1];
        return (lines * images - 1) * axes[2].size + counts[2];
    }

    // A copy of what belongs to the outputs, with zeros where this one has what belongs to none.
    Source of_outputs() const {
        Source copy = *this;
        for (SourceAxis& a : copy.axes) a = {0, 1, 1, 1, 1, a.size};
        return copy;
    }

    // How far from the first element of its channel a tap of output 0 reads.
    npy_intp offset(const ConvTap& tap) const {
        npy_intp phase = 0;
        for (int i = 0; i < SPATIAL; ++i) phase = phase * axes[i].phases + tap.phase[i];
        const npy_intp line = tap.shift[0] * axes[1].size + tap.shift[1];
        return (phase * plane() + line * axes[2].size) * images + tap.shift[2];
    }
};

// Rows of a copy: `count` elements from number `first` on, `stride` apart, of a row of an image whose
// `length` elements are `step` bytes apart; zeros for those that it does not have.
struct CopiedRow {
    npy_intp count, low, high, offset, step;  // the image's are those from `low` on, before `high`

    CopiedRow(npy_intp length, npy_intp step, npy_intp first, npy_intp stride, npy_intp count)
        : count(count), step(step * stride) {
        low = at_most(count, at_least(0, ceil_divide(-first, stride)));
        high = at_least(low, at_most(count, ceil_divide(length - first, stride)));
        offset = (first + low * stride) * step;
    }

    template <typename T>
    UNPOOL_INLINE void copy(const char* row, T* to) const {
        const char* from = row + offset;
        for (npy_intp i = 0; i < low; ++i) to[i] = 0;
        if (step == (npy_intp)sizeof(T)) memcpy(to + low, from, (high - low) * sizeof(T));
        else if (step == 2 * (npy_intp)sizeof(T) && high - low >= LANES)
            // The last vector begins early where they do not divide.
            for (npy_intp i = 0; i < high - low; i += LANES) {
                const npy_intp first = at_most(i, high - low - LANES);
                store_vector(load_lanes<2>((const T*)from + 2 * first), to + low + first);
            }
        else
            for (npy_intp i = low; i < high; ++i, from += step) to[i] = *(const T*)from;
        for (npy_intp i = high; i < count; ++i) to[i] = 0;
    }

    // The transpose of that.
    template <typename T>
    UNPOOL_INLINE void add(const T* from, char* row) const {
        char* to = row + offset;
        if (step == (npy_intp)sizeof(T))
            for (npy_intp i = low; i < high; ++i) ((T*)to)[i - low] += from[i];
        else
            for (npy_intp i = low; i < high; ++i, to += step) *(T*)to += from[i];
    }
};

// Call ``run(row, data, copied)`` for the rows of image `number` in a copy; `data` is NULL for a row
// that the image does not have. Its channels are on the first axis of `image`, before three spatial
// ones, and `step` elements apart in the copy.
template <typename T, typename Run>
static UNPOOL_INLINE void each_row(
    const Source& source, const View& image, npy_intp number, npy_intp step, T* copy, const Run& run
) {
    const SourceAxis *z = source.axes, *y = z + 1, *x = z + 2;
    const npy_intp pitch = source.images * x->size;
    for (npy_intp phase = 0; phase < source.phases(); ++phase) {
        const npy_intp from_z = z->first(phase / (y->phases * x->phases));
        const npy_intp from_y = y->first(phase / x->phases % y->phases);
        const CopiedRow row(image.shape[3], image.strides[3], x->first(phase % x->phases), x->stride,
                            x->size);
        for (npy_intp channel = 0; channel < image.shape[0]; ++channel) {
            char* data = image.data + channel * image.strides[0];
            T* copied = copy + channel * step + phase * source.images * source.plane() +
                        number * x->size;
            for (npy_intp j = 0; j < z->size; ++j)
                for (npy_intp i = 0; i < y->size; ++i, copied += pitch) {
                    npy_intp at_z = from_z + j * z->stride, at_y = from_y + i * y->stride;
                    const bool is_outside = at_z < 0 || at_z >= image.shape[1] || at_y < 0 ||
                                            at_y >= image.shape[2];
                    run(row,
                        is_outside ? NULL
                                   : data + at_z * image.strides[1] + at_y * image.strides[2],
                        copied);
                }
        }
    }
}

// Copy the channels of an image.
template <typename T>
static void copy_image(
    const Source& source, const View& image, npy_intp number, npy_intp step, T* to
) {
    each_row(source, image, number, step, to, [](const CopiedRow& row, char* data, T* copied) {
        if (data) row.copy(data, copied);
        else memset(copied, 0, row.count * sizeof(T));
    });
}

// Memory that goes with its scope.
struct Scratch {
    void* data;
    explicit Scratch(npy_intp bytes) : data(malloc(at_least(bytes, 1))) {}
    ~Scratch() { free(data); }
    Scratch(const Scratch&) = delete;
};

}  // namespace pytensor_unpool

#endif
