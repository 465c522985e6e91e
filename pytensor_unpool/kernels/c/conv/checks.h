// The requirements on a convolution's arrays, as in pytensor_unpool/geometry/conv.py.
#ifndef PYTENSOR_UNPOOL_CONV_CHECKS_H
#define PYTENSOR_UNPOOL_CONV_CHECKS_H

namespace pytensor_unpool {

// Check (stride, before, after, dilation) of each spatial axis.
static Problem check_steps(int ndim, const npy_intp (*steps)[4]) {
    for (int i = 0; i < ndim; ++i)
        for (int kind = 0; kind < 4; ++kind) {
            const npy_intp least = kind == 0 || kind == 3;
            if (steps[i][kind] < least || steps[i][kind] > LARGEST_NUMBER)
                return length_problem(BAD_NUMBER + kind, i - ndim, steps[i][kind], least);
        }
    return NONE;
}

// Describe the convolution of images of shape `x` with a kernel of shape `kernel`; check that they
// fit, and that `output` is the shape of the result, if it is given.
static Problem describe(
    ConvShape* conv, int ndim, const npy_intp (*steps)[4], const npy_intp* x,
    const npy_intp* kernel, const npy_intp* output
) {
    const Problem problem = check_steps(ndim, steps);
    if (problem.error) return problem;
    for (int i = 0; i < ndim + 2; ++i) {
        if (x[i] > MAX_LENGTH) return length_problem(TOO_MANY_ELEMENTS, i - ndim - 2, x[i], 0);
        if (kernel[i] > LARGEST_NUMBER)
            return length_problem(TOO_MANY_ELEMENTS, i - ndim - 2, kernel[i], 0);
    }
    if (x[1] != kernel[1] * conv->groups)
        return length_problem(CHANNELS_DISAGREE, 1, kernel[1] * conv->groups, x[1]);
    if (kernel[0] % conv->groups != 0)
        return length_problem(GROUPS_DO_NOT_DIVIDE, 0, kernel[0], conv->groups);
    conv->images = x[0];
    conv->channels = kernel[1];
    conv->out_channels = kernel[0] / conv->groups;
    for (int i = 0; i < SPATIAL; ++i) {
        const int axis = i - (SPATIAL - ndim);
        ConvAxis* a = conv->axes + i;
        if (axis < 0) {
            *a = {1, 1, 1, 1, 0, 1};
            continue;
        }
        const npy_intp *step = steps[axis], length = x[2 + axis], taps = kernel[2 + axis];
        const npy_intp span = (taps - 1) * step[3] + 1, padded = length + step[1] + step[2];
        if (taps < 1 || length < 1 || span > padded)
            return length_problem(KERNEL_TOO_LONG, axis - ndim, taps > 0 ? span : 0, padded);
        *a = {length, taps, (padded - span) / step[0] + 1, step[0], step[1], step[3]};
    }
    if (!output) return NONE;
    for (int i = 0; i < ndim + 2; ++i) {
        const npy_intp wanted = i == 0   ? x[0]
                                : i == 1 ? kernel[0]
                                         : conv->axes[SPATIAL - ndim + i - 2].outputs;
        if (output[i] != wanted)
            return length_problem(OUTPUT_DISAGREES, i - ndim - 2, output[i], wanted);
    }
    return NONE;
}

}  // namespace pytensor_unpool

#endif
