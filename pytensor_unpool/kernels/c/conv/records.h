// What the kernels of convolution pass to one another; see kernels/numba/conv/records.py.
#ifndef PYTENSOR_UNPOOL_CONV_RECORDS_H
#define PYTENSOR_UNPOOL_CONV_RECORDS_H

namespace pytensor_unpool {

const int SPATIAL = 3;

// One of three spatial axes; a missing one has one element, one tap and one output.
struct ConvAxis {
    npy_intp length, taps, outputs, stride, before, dilation;
};

// What a convolution of arrays is; channels are those of one group.
struct ConvShape {
    npy_intp images, groups, channels, out_channels;
    ConvAxis axes[SPATIAL];
    bool flip;
};

// An axis of packed images. Where the stride is not 1, neighbouring outputs read elements as far
// apart; packed these are neighbours, in one part for each phase that taps read, of `size` elements
// each. Element j of phase b is the image's at start + j * stride + b * dilation % period, or zero.
// The period is the stride; or longer than the kernel, where each tap has a part of its own.
struct PackedAxis {
    npy_intp start, stride, dilation, period, phases, size;

    npy_intp phase_start(npy_intp phase) const { return start + phase * dilation % period; }
};

// Where a tap is in the weights, in bytes, and where it reads packed images: phase and shift.
struct Tap {
    npy_intp weight, phase[SPATIAL], shift[SPATIAL];
};

// Memory that goes with its scope.
struct Scratch {
    void* data;
    explicit Scratch(npy_intp bytes) : data(malloc(at_least(bytes, 1))) {}
    ~Scratch() { free(data); }
    Scratch(const Scratch&) = delete;
};

}  // namespace pytensor_unpool

#endif
