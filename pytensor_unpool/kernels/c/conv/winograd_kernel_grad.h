// The transpose with respect to the kernel of what conv/winograd.h does: at each point, products of
// rows of tiles. As in kernels/numba/conv/winograd_kernel_grad.py.
#ifndef PYTENSOR_UNPOOL_CONV_WINOGRAD_KERNEL_GRAD_H
#define PYTENSOR_UNPOOL_CONV_WINOGRAD_KERNEL_GRAD_H

namespace pytensor_unpool {

// Transform the sums at sixteen points, `step` apart, to the nine taps of a weight.
template <typename T>
static void transform_dk(const T* from, npy_intp step, bool flip, T* to) {
    T points[POINTS], across[3 * ALPHA], taps[9];
    for (int point = 0; point < POINTS; ++point) points[point] = from[point * step];
    for (int r = 0; r < ALPHA; ++r) dk_1d(points + ALPHA * r, 1, across + r, ALPHA);
    for (int i = 0; i < 3; ++i) dk_1d(across + ALPHA * i, 1, taps + i, 3);
    for (int t = 0; t < 9; ++t) to[flip ? 8 - t : t] = taps[t];
}

// The gradient of the kernel of one group: images and outputs have three spatial axes, `dk` is C
// contiguous. False if there is no scratch memory.
template <typename T>
static bool winograd_kernel_grad_of_group(
    const ConvShape& conv, const View& x, const View& dy, T* dk
) {
    const npy_intp m = conv.out_channels, channels = conv.channels, weights = m * channels;
    const TileGrid grid = {
        conv.images, ceil_divide(conv.axes[1].outputs, 2), ceil_divide(conv.axes[2].outputs, 2)
    };
    const npy_intp start[] = {-conv.axes[1].before, -conv.axes[2].before};
    const npy_intp most =
        grid.rows_at_a_time<T>(channels + m, DOT_BYTES / (npy_intp)sizeof(T));
    const npy_intp pitch = Transformed<T>::pitch_of(most * grid.columns);
    Transformed<T> of_x = {NULL, channels, pitch}, of_dy = {NULL, m, pitch};
    SplitRows<T> rows = {NULL, SplitRows<T>::span_of(grid)};
    const npy_intp split_bytes = SplitRows<T>::bytes(grid, most);
    const npy_intp sums_bytes = transformed_bytes<T>(m, channels);
    Scratch x_points(of_x.bytes()), dy_points(of_dy.bytes()), split(split_bytes);
    Scratch sums(sums_bytes), offsets(channels * sizeof(npy_intp));
    Scratch columns(channels * sizeof(npy_intp));
    if (!x_points.data || !dy_points.data || !split.data) return false;
    if (!sums.data || !offsets.data || !columns.data) return false;
    memset(split.data, 0, split_bytes);
    memset(sums.data, 0, sums_bytes);
    of_x.data = (T*)x_points.data;
    of_dy.data = (T*)dy_points.data;
    rows.data = (T*)split.data;
    DotOperands<T> operands = {NULL, pitch, NULL, (npy_intp*)offsets.data,
                               (npy_intp*)columns.data, channels, 0};
    for (npy_intp channel = 0; channel < channels; ++channel) {
        operands.offsets[channel] = channel * pitch;
        operands.columns[channel] = channel;
    }
    for (npy_intp first = 0; first < grid.all_rows(); first += most) {
        const npy_intp end = at_most(grid.all_rows(), first + most), lanes = Wide<T>::lanes;
        transform_input(x, start, grid, first, end, rows, of_x);
        transform_dy(dy, grid, first, end, rows, of_dy);
        operands.k = ceil_divide((end - first) * grid.columns, lanes) * lanes;
        for (int point = 0; point < POINTS; ++point) {
            operands.a = of_dy.at(point, 0);
            operands.b = of_x.at(point, 0);
            gemm_nt(operands, m, (T*)sums.data + point * weights, channels);
        }
    }
    for (npy_intp i = 0; i < weights; ++i)
        transform_dk((const T*)sums.data + i, weights, conv.flip, dk + 9 * i);
    return true;
}

template <typename T>
static bool winograd_kernel_grad(const ConvShape& conv, const View& x, const View& dy, T* dk) {
    const npy_intp step = conv.out_channels * conv.channels * 9;
    for (npy_intp group = 0; group < conv.groups; ++group)
        if (!winograd_kernel_grad_of_group(conv, group_of(x, 1, conv.groups, group),
                                           group_of(dy, 1, conv.groups, group),
                                           dk + group * step))
            return false;
    return true;
}

}  // namespace pytensor_unpool

#endif
