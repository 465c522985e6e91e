// Maxima of windows and their positions on random arrays; part of fuzz_kernels.cpp.
#ifndef FUZZ_MAX_POOL_H
#define FUZZ_MAX_POOL_H

template <typename T, typename P>
void compare_pooled(
    const Windows& windows, const Array<T>& x, const Array<T>& values, const Array<P>& positions
) {
    for_each_index(values.shape, [&](const Index& index) {
        T best = 0;
        npy_intp place = -1;
        naive_maximum(windows, x, index, &best, &place);
        expect_same("maximum", index, values.at(index), best);
        expect_same("its position", index, positions.at(index), (P)place);
    });
}

// Planes that are pooled one by one, with positions and without.
template <typename Planes, typename T, typename P>
void fuzz_max_pool(Random& random, Windows windows, npy_intp longest) {
    Index shape = random_shape(random, random.below(3), windows.ndim, longest);
    if (!place(&windows, shape)) return;
    Array<T> x(random, shape, random.one_in(3) ? READ_ONLY : CONTIGUOUS);
    x.fill([&] { return number<T>(random, random.one_in(2)); });
    Index outputs = pooled_shape(windows, shape);
    Array<T> values(random, outputs, CONTIGUOUS), alone(random, outputs, CONTIGUOUS);
    Array<P> positions(random, outputs, CONTIGUOUS);
    max_pool<Planes>(windows, x.view, values.data(), positions.data());
    compare_pooled(windows, x, values, positions);
    max_pool<Planes>(windows, x.view, alone.data(), Nowhere());
    for_each_index(outputs, [&](const Index& index) {
        expect_same("maximum without position", index, alone.at(index), values.at(index));
    });
}

// Channels that are neighbours in memory.
template <typename Planes, typename T, typename P>
void fuzz_max_pool_channels(Random& random, Windows windows) {
    int leading = random.between(1, 2);
    Index shape = random_shape(random, leading, windows.ndim, 7);
    shape[leading - 1] = random.between(LANES, 3 * LANES);
    if (!place(&windows, shape)) return;
    Array<T> x(random, shape, random.one_in(4) ? STRIDED : CHANNELS_LAST, leading - 1);
    x.fill([&] { return number<T>(random, random.one_in(2)); });
    if (channel_axis(x.view, windows.ndim, sizeof(T)) != leading - 1) return;
    Index outputs = pooled_shape(windows, shape);
    Array<T> values(random, outputs, CHANNELS_LAST, leading - 1);
    Array<P> positions(random, outputs, CHANNELS_LAST, leading - 1);
    max_pool_channels<Planes>(windows, x.view, values.data(), positions.data());
    compare_pooled(windows, x, values, positions);
}

#endif
