// Sums and averages on random arrays; part of fuzz_kernels.cpp.
#ifndef FUZZ_POOL_H
#define FUZZ_POOL_H

// The sum over a window, and by what an average divides it.
template <Mode MODE, typename T>
T naive_pool(const Windows& windows, const Array<T>& x, const Index& index) {
    const int n = windows.ndim, leading = (int)index.size() - n;
    typename Addend<T>::type total = 0;
    long elements = 0, taps = 1;
    for_each_tap(windows, x.shape, index, [&](const Index& at) {
        total = (typename Addend<T>::type)(total + (typename Addend<T>::type)x.at(at));
        ++elements;
    });
    for (int i = 0; i < n; ++i) {
        const AxisWindows& axis = windows.axes[i];
        npy_intp start = index[leading + i] * axis.stride - axis.before, here = 0;
        for (npy_intp k = 0; k < axis.window; ++k)
            here += start + k * axis.dilation < x.shape[leading + i] + axis.after;
        taps *= here;
    }
    long divisor = MODE == Mode::SUM ? 1 : MODE == Mode::AVERAGE_EXC_PAD ? elements : taps;
    return quotient((T)total, divisor);
}

// Pooling by sums and averages, and <P x, g> = <x, P' g> for whole numbers and sums.
template <typename Planes, Mode MODE, typename T>
void fuzz_pool(Random& random, Windows windows, npy_intp longest) {
    int leading = random.below(3);
    bool by_channels = leading > 0 && random.one_in(2);
    Index shape = random_shape(random, leading, windows.ndim, by_channels ? 9 : longest);
    if (by_channels) shape[leading - 1] = random.between(LANES, 2 * LANES + 3);
    if (!place(&windows, shape)) return;
    Layout layout = by_channels ? CHANNELS_LAST : random.one_in(3) ? READ_ONLY : CONTIGUOUS;
    int channel = by_channels ? leading - 1 : 0;
    Array<T> x(random, shape, layout, channel);
    x.fill([&] { return (T)random.between(-9, 9); });
    Index outputs = pooled_shape(windows, shape);
    Layout written = by_channels ? CHANNELS_LAST : CONTIGUOUS;
    Array<T> y(random, outputs, written, channel), g(random, outputs, layout, channel);
    Array<T> back(random, shape, written, channel);
    g.fill([&] { return (T)random.between(-9, 9); });
    const npy_intp* lengths = shape.data() + leading;
    by_channels = by_channels && channel_axis(x.view, windows.ndim, sizeof(T)) == channel &&
                  channel_axis(g.view, windows.ndim, sizeof(T)) == channel;
    if (layout == CHANNELS_LAST && !by_channels) return;
    if (by_channels) {
        pool_channels<MODE>(windows, x.view, y.data());
        pool_input_grad_channels<MODE>(windows, g.view, lengths, back.data());
    } else {
        expect("memory", pool<Planes, MODE>(windows, x.view, y.data()));
        expect("memory", pool_input_grad<Planes, MODE>(windows, g.view, lengths, back.data()));
    }
    T there = 0, here = 0;
    for_each_index(outputs, [&](const Index& index) {
        expect_same("sum", index, y.at(index), naive_pool<MODE>(windows, x, index));
        there = (T)(there + y.at(index) * g.at(index));
    });
    for_each_index(shape, [&](const Index& index) {
        here = (T)(here + x.at(index) * back.at(index));
    });
    if (MODE == Mode::SUM) expect("transposed sum", there == here);
}

#endif
