// Un-pooling to all maxima, and gathering from them, on random arrays; part of fuzz_kernels.cpp.
#ifndef FUZZ_MAX_POOL_TIED_H
#define FUZZ_MAX_POOL_TIED_H

template <typename T, typename G>
void fuzz_max_pool_tied(Random& random) {
    Windows windows = random_windows(random, 3);
    const int leading = random.below(3), channel = leading - 1;
    const bool by_channels = leading > 0 && random.one_in(2);
    Index shape = random_shape(random, leading, windows.ndim, 12);
    if (by_channels) shape[channel] = random.between(LANES, 2 * LANES);
    if (!place(&windows, shape)) return;
    Index outputs = pooled_shape(windows, shape);
    const Layout loose = by_channels ? CHANNELS_LAST : READ_ONLY;
    const Layout written = by_channels ? CHANNELS_LAST : CONTIGUOUS;
    Array<T> x(random, shape, loose, channel);
    Array<T> values(random, outputs, by_channels ? CHANNELS_LAST : STRIDED, channel);
    Array<G> cotangent(random, outputs, loose, channel), tangent(random, shape, READ_ONLY);
    x.fill([&] { return number<T>(random, false); });
    cotangent.fill([&] { return number<G>(random, false); });
    tangent.fill([&] { return number<G>(random, false); });
    for_each_index(outputs, [&](const Index& index) {
        npy_intp place;
        naive_maximum(windows, x, index, &values.at(index), &place);
    });
    Array<G> spread(random, shape, written, channel), wanted_spread(random, shape, CONTIGUOUS);
    Array<G> collected(random, outputs, STRIDED);
    wanted_spread.fill([] { return 0; });
    collected.fill([] { return 0; });
    if (by_channels)
        tied_unpool_channels<T, G>(windows, x.view, values.view, cotangent.view, spread.data());
    else
        tied_unpool<T, G>(windows, x.view, values.view, cotangent.view, spread.data());
    tied_gather<T, G>(windows, x.view, values.view, tangent.view, collected.view);
    for_each_index(outputs, [&](const Index& index) {
        G sum = 0;
        for_each_tap(windows, shape, index, [&](const Index& at) {
            if (x.at(at) != values.at(index)) return;
            sum += tangent.at(at);
            wanted_spread.at(at) += cotangent.at(index);
        });
        expect_same("tied gather", index, collected.at(index), sum);
    });
    for_each_index(shape, [&](const Index& index) {
        expect_same("tied unpool", index, spread.at(index), wanted_spread.at(index));
    });
}

#endif
