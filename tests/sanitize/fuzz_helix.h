// The part of fuzz_kernels.cpp about convolution of any number of axes; it uses what stands above
// the line that includes it.
#ifndef FUZZ_HELIX_H
#define FUZZ_HELIX_H

#include "helix.h"

// Whole numbers, so that sums are the same in any order.
template <typename T>
void fuzz_helix(Random& random, npy_intp longest) {
    Helix helix;
    helix.ndim = (int)random.between(1, longest > 9 ? 1 : 4);
    const int leading = (int)random.below(3);
    const bool shares = random.one_in(2);
    Index x_shape, kernel_shape, y_shape;
    for (int i = 0; i < leading; ++i) {
        x_shape.push_back(random.below(4));
        if (!shares) kernel_shape.push_back(x_shape.back());
    }
    y_shape = x_shape;
    for (int i = 0; i < helix.ndim; ++i) {
        x_shape.push_back(random.between(1, longest));
        kernel_shape.push_back(random.between(1, longest));
    }
    auto layout = [&] { return random.one_in(3) ? STRIDED : CONTIGUOUS; };
    Array<T> x(random, x_shape, layout()), kernel(random, kernel_shape, layout());
    const int mode = random.below(4);
    if (helix.measure(x.view, kernel.view, mode).error) return;
    for (int i = 0; i < helix.ndim; ++i) {
        if (mode == MODE_WINDOW) {
            helix.starts[i] = random.between(-3, 2 * longest + 2);
            helix.outputs[i] = random.below(2 * longest);
        }
        y_shape.push_back(helix.outputs[i]);
    }
    Array<T> y(random, y_shape, CONTIGUOUS), wanted(random, y_shape, CONTIGUOUS);
    for (Array<T>* array : {&x, &kernel}) array->fill([&] { return random.between(-3, 3); });
    wanted.fill([] { return 0; });
    expect("memory", helix_by_products(helix, x.view, kernel.view, y.data()));
    for_each_index(y_shape, [&](const Index& to) {
        const Index taps(kernel_shape.end() - helix.ndim, kernel_shape.end());
        for_each_index(taps, [&](const Index& tap) {
            Index from = to, weight = tap;
            if (!shares) weight.insert(weight.begin(), to.begin(), to.begin() + leading);
            for (int i = 0; i < helix.ndim; ++i) {
                from[leading + i] += helix.starts[i] - tap[i];
                if (from[leading + i] < 0 || from[leading + i] >= helix.lengths[i]) return;
            }
            wanted.at(to) += x.at(from) * kernel.at(weight);
        });
        expect_same("window of a convolution", to, y.at(to), wanted.at(to));
    });
}

#endif
