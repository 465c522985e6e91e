// The part of fuzz_kernels.cpp about taps; it uses what stands above the line that includes it.
#ifndef FUZZ_MAX_POOL_TAPS_H
#define FUZZ_MAX_POOL_TAPS_H

// Taps that pooling finds, in planes and in channels.
template <typename Planes, typename T>
void fuzz_found_taps(Random& random, const Windows& windows, const Index& shape) {
    const int leading = (int)shape.size() - windows.ndim;
    const bool by_channels = leading > 0 && random.one_in(2);
    const Layout layout = by_channels ? CHANNELS_LAST : CONTIGUOUS;
    Array<T> x(random, shape, layout, leading - 1);
    x.fill([&] { return number<T>(random, random.one_in(2)); });
    Index outputs = pooled_shape(windows, shape);
    Array<T> values(random, outputs, layout, leading - 1);
    Array<uint8_t> taps(random, outputs, layout, leading - 1);
    if (!by_channels)
        max_pool<Planes>(windows, x.view, values.data(), Taps{taps.data()});
    else if (channel_axis(x.view, windows.ndim, sizeof(T)) == leading - 1)
        max_pool_channels<Planes>(windows, x.view, values.data(), Taps{taps.data()});
    else
        return;
    for_each_index(outputs, [&](const Index& index) {
        T best = 0;
        npy_intp place = -1;
        Index at;
        naive_maximum(windows, x, index, &best, &place);
        expect_same("maximum with tap", index, values.at(index), best);
        if (!naive_tap(windows, shape, index, taps.at(index), &at)) fail("a tap inside", index);
        else if (flat(at, shape, windows.ndim) != place) fail("tap", index);
    });
}

// Un-pooling to and gathering from taps, some of which are none.
template <typename T, typename A, typename B, typename C>
void fuzz_max_pool_taps(Random& random, int ndim, A a, B b, C c) {
    typedef typename A::axis X;
    typedef typename B::axis Y;
    typedef typename C::axis Z;
    const AxisWindows rows[3] = {a.row(), b.row(), c.row()};
    Windows windows = {ndim, random.one_in(2), {}, {}};
    for (int i = 0; i < ndim; ++i) windows.axes[i] = rows[3 - ndim + i];
    Index shape = random_shape(random, random.below(3), ndim, 45);
    if (shape.size() > (size_t)ndim && random.one_in(2))
        shape[shape.size() - ndim - 1] = random.between(LANES, 3 * LANES);
    if (!place(&windows, shape)) return;
    fuzz_found_taps<Unrolled<X, Y, Z>, T>(random, windows, shape);
    Index outputs = pooled_shape(windows, shape);
    Array<T> x(random, shape, random.one_in(2) ? READ_ONLY : CONTIGUOUS);
    const int channel = (int)shape.size() - ndim - 1;
    const bool by_channels = channel >= 0 && shape[channel] >= LANES && random.one_in(2);
    const Layout layout = by_channels ? CHANNELS_LAST : CONTIGUOUS;
    Array<T> values(random, outputs, random.one_in(3) ? READ_ONLY : layout, channel);
    Array<uint8_t> taps(random, outputs, random.one_in(3) ? READ_ONLY : layout, channel);
    Array<T> spread(random, shape, layout, channel), wanted(random, shape, CONTIGUOUS);
    Array<T> collected(random, outputs, CONTIGUOUS);
    const int count = X::window * Y::window * Z::window;
    x.fill([&] { return number<T>(random, true); });
    values.fill([&] { return number<T>(random, true); });
    taps.fill([&] { return random.below(random.one_in(9) ? 256 : count); });
    wanted.fill([] { return 0; });
    if (!by_channels)
        tap_unpool<X, Y, Z, T>(windows, values.view, taps.view, spread.view);
    else if (channel_axis(values.view, ndim, sizeof(T)) == channel &&
             channel_axis(taps.view, ndim, 1) == channel)
        tap_unpool_channels<X, Y, Z, T>(windows, values.view, taps.view, spread.view);
    else
        return;
    tap_gather<X, Y, Z, T>(windows, x.view, taps.view, collected.view);
    for_each_index(outputs, [&](const Index& index) {
        Index at;
        bool is_inside = naive_tap(windows, shape, index, taps.at(index), &at);
        if (is_inside) wanted.at(at) = values.at(index);
        expect_same("tap gather", index, collected.at(index), is_inside ? x.at(at) : (T)0);
    });
    for_each_index(shape, [&](const Index& index) {
        expect_same("tap unpool", index, spread.at(index), wanted.at(index));
    });
}

#endif
