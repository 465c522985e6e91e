// Which way a convolution is done, how its images are packed, and where its taps read. As in
// kernels/numba/conv/plan.py.
#ifndef PYTENSOR_UNPOOL_CONV_PLAN_H
#define PYTENSOR_UNPOOL_CONV_PLAN_H

namespace pytensor_unpool {

// The ways. A convolution and its gradient of the kernel use one of the first two.
enum ConvWay { GEMM, WINOGRAD, COL2IM };

static npy_intp count_taps(const ConvShape& conv) {
    return conv.axes[0].taps * conv.axes[1].taps * conv.axes[2].taps;
}

static bool has_rows(const ConvShape& conv) {
    return conv.axes[0].outputs > 1 || conv.axes[1].outputs > 1;
}

// How many outputs an output channel of an image has.
static npy_intp count_outputs(const ConvShape& conv) {
    return conv.axes[0].outputs * conv.axes[1].outputs * conv.axes[2].outputs;
}

// How many elements a channel of an image has.
static npy_intp plane_of(const ConvShape& conv) {
    return conv.axes[0].length * conv.axes[1].length * conv.axes[2].length;
}

// Whether a convolution can be done by Winograd's algorithm, and is worth it.
template <typename T>
static bool takes_winograd(const ConvShape& conv) {
    const ConvAxis &z = conv.axes[0], &y = conv.axes[1], &x = conv.axes[2];
    for (int i = 1; i < SPATIAL; ++i) {
        const ConvAxis& a = conv.axes[i];
        if (a.taps != WINOGRAD_TAPS || a.stride != 1 || a.dilation != 1) return false;
    }
    const npy_intp longest = at_least(x.length, x.outputs) / 2 + 1;
    return z.length == 1 && z.taps == 1 && z.outputs == 1 && z.before == 0 &&
           conv.channels >= WINOGRAD_CHANNELS && conv.out_channels >= WINOGRAD_CHANNELS &&
           conv.images * y.outputs * x.outputs >= WINOGRAD_OUTPUTS &&
           transformed_bytes<T>(longest, conv.channels + conv.out_channels) <=
               WINOGRAD_TILE_BYTES &&
           transformed_bytes<T>(conv.out_channels, conv.channels) <= WINOGRAD_WEIGHT_BYTES;
}

// Whether there are far fewer outputs than elements of images, each a sum in `gemm`. col2im is
// slow for a single channel.
template <typename T>
static bool col2im_is_faster(const ConvShape& conv, const Packing& packing) {
    const npy_intp most = MAX_PACKED_BYTES / (npy_intp)sizeof(T), k = conv.out_channels;
    npy_intp elements = 1, outputs[SPATIAL];
    for (int i = 0; i < SPATIAL; ++i) {
        elements *= ceil_divide(conv.axes[i].length, conv.axes[i].stride);
        outputs[i] = conv.axes[i].outputs;
    }
    return packing.column_count(outputs) * (k + ADDED_PRODUCTS) * conv.channels <
               elements * k * (conv.channels + 1) &&
           packing.channel_size() < most && k * count_taps(conv) < most &&
           k * packing.plane_size() < most;
}

// How a convolution, or its gradient of the kernel, is done.
template <typename T>
static ConvWay choose_way(const ConvShape& conv) {
    return takes_winograd<T>(conv) ? WINOGRAD : GEMM;
}

// How a gradient of the images is done; `packing` is that of the convolution.
template <typename T>
static ConvWay choose_input_grad_way(const ConvShape& conv, const Packing& packing) {
    if (takes_winograd<T>(conv)) return WINOGRAD;
    return col2im_is_faster<T>(conv, packing) ? COL2IM : GEMM;
}

// After how many taps the phases of the stride that they read repeat.
static inline npy_intp phase_period(const ConvAxis& a) {
    npy_intp divisor = a.stride, rest = a.dilation % a.stride;
    while (rest != 0) {
        const npy_intp next = divisor % rest;
        divisor = rest;
        rest = next;
    }
    return a.stride / divisor;
}

// Pack the last axis in a part for each tap, if that saves SPARED_PRODUCTS for each element that is
// packed. Packed rows are then those of the outputs, without what the other taps read.
static void take_tap_parts(const ConvShape& conv, PackedAxis* packed) {
    const ConvAxis& a = conv.axes[2];
    const npy_intp readers = conv.out_channels * conv.axes[0].taps * conv.axes[1].taps;
    const npy_intp spared = (packed->size - a.outputs) * readers;
    if (a.taps > MAX_TAP_PARTS || spared < SPARED_PRODUCTS * a.outputs) return;
    *packed = {-a.before, a.stride, a.dilation, a.stride + a.taps * a.dilation, a.taps, a.outputs};
}

// How images are packed for outputs, in a part for each tap if that is better.
static Packing pack_for_outputs(const ConvShape& conv, bool takes_tap_parts) {
    Packing packing;
    packing.images = 1;
    for (int i = 0; i < SPATIAL; ++i) {
        const ConvAxis& a = conv.axes[i];
        packing.axes[i] = {
            -a.before, a.stride, a.dilation, a.stride, at_most(a.taps, phase_period(a)),
            a.outputs + (a.taps - 1) * a.dilation / a.stride
        };
    }
    // A single row is done in bands, which do not begin with padding.
    const ConvAxis& x = conv.axes[2];
    if (has_rows(conv)) packing.axes[2].size -= shared_zeros(packing.axes[2], x.length, x.outputs);
    if (takes_tap_parts) take_tap_parts(conv, packing.axes + 2);
    return packing;
}

// Some of the taps of an axis: first, first + step, ...
struct AxisTaps {
    npy_intp first, step, number;
};

// Fill in the taps that are some of each axis: ``read(axis, tap, phase, shift)`` says where one
// reads.
template <typename Read>
static void list_taps(
    const ConvShape& conv, const AxisTaps* axes, const npy_intp* weight_steps, Tap* to, Read read
) {
    for (npy_intp i = 0; i < axes[0].number; ++i)
        for (npy_intp j = 0; j < axes[1].number; ++j)
            for (npy_intp k = 0; k < axes[2].number; ++k, ++to) {
                const npy_intp index[SPATIAL] = {i, j, k};
                to->weight = 0;
                for (int a = 0; a < SPATIAL; ++a) {
                    const npy_intp tap = axes[a].first + index[a] * axes[a].step;
                    const npy_intp weight = conv.flip ? conv.axes[a].taps - 1 - tap : tap;
                    to->weight += weight * weight_steps[a];
                    read(a, tap, &to->phase[a], &to->shift[a]);
                }
            }
}

// Fill in all taps, and where they read what is packed for outputs.
static void list_all_taps(
    const ConvShape& conv, const Packing& packing, const npy_intp* weight_steps, Tap* to
) {
    AxisTaps axes[SPATIAL];
    for (int i = 0; i < SPATIAL; ++i) axes[i] = {0, 1, conv.axes[i].taps};
    list_taps(conv, axes, weight_steps, to, [&](int i, npy_intp tap, npy_intp* phase,
                                                npy_intp* shift) {
        const ConvAxis& a = conv.axes[i];
        const bool has_part = packing.axes[i].period != a.stride;
        *phase = has_part ? tap : tap % phase_period(a);
        *shift = has_part ? 0 : tap * a.dilation / a.stride;
    });
}

}  // namespace pytensor_unpool

#endif
