// Windows as rows of taps and back on random arrays; part of fuzz_kernels.cpp.
#ifndef FUZZ_NEIGHBOURS_H
#define FUZZ_NEIGHBOURS_H

// Windows as rows of taps, with the last window's length known to the compiler or not, and back.
template <int WINDOW, bool WRAPS, typename T>
void fuzz_neighbours(Random& random, Windows windows) {
    if (WINDOW) windows.axes[windows.ndim - 1].window = WINDOW;
    Index shape = random_shape(random, random.below(3), windows.ndim, 12), lengths;
    if (!place(&windows, shape)) return;
    const int leading = (int)shape.size() - windows.ndim;
    for (int i = 0; i < windows.ndim; ++i) lengths.push_back(windows.axes[i].window);
    Index outputs = pooled_shape(windows, shape);
    npy_intp taps;
    expect("that taps are fine", !count_taps(windows, &taps).error);
    outputs.push_back(product(lengths, 0, lengths.size()));
    expect("number of taps", taps == outputs.back());
    Array<T> x(random, shape, READ_ONLY), moved(random, outputs, READ_ONLY);
    Array<T> rows(random, outputs, CONTIGUOUS), sums(random, shape, CONTIGUOUS);
    Array<T> wanted(random, shape, CONTIGUOUS);
    x.fill([&] { return number<T>(random, true); });
    moved.fill([&] { return number<T>(random, false); });
    wanted.fill([] { return 0; });
    windows_to_rows<WINDOW, WRAPS, T>(windows, x.view, rows.view);
    rows_to_windows<WINDOW, WRAPS, T>(windows, moved.view, sums.view);
    for_each_index(outputs, [&](const Index& index) {
        npy_intp tap = index.back();
        bool is_inside = true;
        Index at(index.begin(), index.end() - 1);
        for (int i = windows.ndim - 1; i >= 0; --i) {
            const AxisWindows& axis = windows.axes[i];
            npy_intp length = shape[leading + i], &c = at[leading + i];
            c = c * axis.stride - axis.before + tap % axis.window * axis.dilation;
            tap /= axis.window;
            if (WRAPS) c = (c % length + length) % length;
            is_inside = is_inside && c >= 0 && c < length;
        }
        expect_same("windows to rows", index, rows.at(index), is_inside ? x.at(at) : (T)0);
        if (is_inside) wanted.at(at) = (T)(wanted.at(at) + moved.at(index));
    });
    for_each_index(shape, [&](const Index& index) {
        expect_same("rows to windows", index, sums.at(index), wanted.at(index));
    });
}

#endif
