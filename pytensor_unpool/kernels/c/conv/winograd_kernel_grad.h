// The transpose in the kernel of what conv/winograd.h does: for each place, products of rows of tiles.
#ifndef PYTENSOR_UNPOOL_WINOGRAD_KERNEL_GRAD_H
#define PYTENSOR_UNPOOL_WINOGRAD_KERNEL_GRAD_H

namespace pytensor_unpool {

// Gather sixteen places of a weight, `step` apart, as nine taps.
template <typename T>
static void gather_weight(const T* from, npy_intp step, bool flip, T* to) {
    T places[PLACES], across[3 * REACH], taps[9];
    for (int place = 0; place < PLACES; ++place) places[place] = from[place * step];
    for (int r = 0; r < REACH; ++r) gather_taps(places + REACH * r, 1, across + r, REACH);
    for (int i = 0; i < 3; ++i) gather_taps(across + REACH * i, 1, taps + i, 3);
    for (int t = 0; t < 9; ++t) to[flip ? 8 - t : t] = taps[t];
}

// The gradient of the kernel of one group: images and outputs have three spatial axes, `dk` is C
// contiguous. False if there is no memory for scratch.
template <typename T>
static bool winograd_kernel_grad(
    const Convolution& conv, const View& images, const View& outputs, T* dk
) {
    const npy_intp height = conv.axes[1].outputs, width = conv.axes[2].outputs;
    const TileGrid grid = {conv.images, ceil_divide(height, 2), ceil_divide(width, 2)};
    const npy_intp start[] = {-conv.axes[1].before, -conv.axes[2].before}, origin[] = {0, 0};
    const npy_intp channels = conv.channels, rows = conv.rows;
    const npy_intp fitting = WINOGRAD_TILE_BYTES / places_bytes<T>(1, channels + rows);
    const npy_intp most = at_most(DOT_BYTES / (npy_intp)sizeof(T), fitting) / grid.columns;
    const npy_intp blocks = ceil_divide(grid.all_lines(), at_least(1, most));
    const npy_intp lines = ceil_divide(grid.all_lines(), blocks);
    const npy_intp pitch = Places<T>::pitch_of(lines * grid.columns);
    Places<T> read = {NULL, channels, pitch}, given = {NULL, rows, pitch};
    SplitRows<T> split = {NULL, SplitRows<T>::width_of(grid)};
    const npy_intp split_bytes = (2 * at_most(lines, grid.lines) + 2) * 2 * split.width * sizeof(T);
    const npy_intp sums_bytes = places_bytes<T>(rows, channels);
    Scratch of_images(read.bytes()), of_outputs(given.bytes()), scratch(split_bytes);
    Scratch sums(sums_bytes), offsets(channels * sizeof(npy_intp));
    Scratch places(channels * sizeof(npy_intp));
    if (!of_images.data || !of_outputs.data || !scratch.data) return false;
    if (!sums.data || !offsets.data || !places.data) return false;
    memset(scratch.data, 0, split_bytes);
    memset(sums.data, 0, sums_bytes);
    read.data = (T*)of_images.data;
    given.data = (T*)of_outputs.data;
    split.data = (T*)scratch.data;
    Products<T> products = {NULL, NULL, pitch, 0, (npy_intp*)offsets.data,
                            (npy_intp*)places.data, channels};
    for (npy_intp channel = 0; channel < channels; ++channel) {
        products.offsets[channel] = channel * pitch;
        products.places[channel] = channel;
    }
    for (npy_intp first = 0; first < grid.all_lines(); first += lines) {
        const npy_intp end = at_most(grid.all_lines(), first + lines), lanes = Wide<T>::lanes;
        spread_all<REACH>(images, start, grid, first, end, split, read);
        spread_all<2>(outputs, origin, grid, first, end, split, given);
        products.length = ceil_divide((end - first) * grid.columns, lanes) * lanes;
        for (int place = 0; place < PLACES; ++place) {
            products.rows = given.row(place, 0);
            products.images = read.row(place, 0);
            products.add(rows, (T*)sums.data + place * rows * channels, channels);
        }
    }
    for (npy_intp i = 0; i < rows * channels; ++i)
        gather_weight((const T*)sums.data + i, rows * channels, conv.flip, dk + 9 * i);
    return true;
}

template <typename T>
static bool winograd_kernel_grads(
    const Convolution& conv, const View& images, const View& outputs, T* dk
) {
    const npy_intp step = conv.rows * conv.channels * 9;
    for (npy_intp group = 0; group < conv.groups; ++group)
        if (!winograd_kernel_grad(conv, group_of(images, 1, conv.groups, group),
                                  group_of(outputs, 1, conv.groups, group), dk + group * step))
            return false;
    return true;
}

}  // namespace pytensor_unpool

#endif
