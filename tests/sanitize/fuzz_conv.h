// The part of fuzz_kernels.cpp about convolution; it uses what stands above the line that includes it.
#ifndef FUZZ_CONV_H
#define FUZZ_CONV_H

#include "conv/tuning.h"
#include "conv/microkernel.h"
#include "conv/records.h"
#include "conv/views.h"
#include "conv/packing.h"
#include "conv/gemm.h"
#include "conv/gemm_nt.h"
#include "conv/winograd.h"
#include "conv/winograd_kernel_grad.h"
#include "conv/plan.h"
#include "conv/col2im.h"
#include "conv/forward.h"
#include "conv/input_grad.h"
#include "conv/kernel_grad.h"
#include "conv/checks.h"

// Calls f(index of the output, of the images, of the kernel) for everything that is multiplied.
template <typename F>
void for_each_product(
    const ConvShape& conv, int ndim, const Index& output, const Index& kernel, const F& f
) {
    for_each_index(output, [&](const Index& to) {
        for_each_index(Index(kernel.begin() + 1, kernel.end()), [&](const Index& tap) {
            Index image = to, weight(1, to[1]);
            weight.insert(weight.end(), tap.begin(), tap.end());
            image[1] = to[1] / conv.out_channels * conv.channels + tap[0];
            for (int i = 0; i < ndim; ++i) {
                const ConvAxis& a = conv.axes[SPATIAL - ndim + i];
                npy_intp k = conv.flip ? a.taps - 1 - tap[1 + i] : tap[1 + i];
                image[2 + i] = to[2 + i] * a.stride - a.before + k * a.dilation;
                if (image[2 + i] < 0 || image[2 + i] >= a.length) return;
            }
            f(to, image, weight);
        });
    });
}

// Whole numbers, so that sums are the same in any order. 3 by 3 taps may be done another way.
template <typename T>
void fuzz_conv(Random& random, npy_intp most_channels, npy_intp longest, bool is_3_by_3) {
    const int ndim = is_3_by_3 ? 2 : (int)random.between(1, 3);
    ConvShape conv;
    conv.groups = random.between(1, 3);
    conv.flip = random.one_in(2);
    const npy_intp channels = random.between(0, most_channels);
    const npy_intp out_channels = random.between(1, most_channels);
    Index x_shape = {random.below(4), channels * conv.groups};
    Index kernel_shape = {out_channels * conv.groups, channels}, output_shape;
    npy_intp steps[SPATIAL][4];
    for (int i = 0; i < ndim; ++i) {
        steps[i][0] = is_3_by_3 ? 1 : random.between(1, 4);
        steps[i][1] = random.below(4);
        steps[i][2] = random.below(4);
        steps[i][3] = is_3_by_3 ? 1 : random.between(1, 3);
        x_shape.push_back(random.between(1, ndim == 1 || (is_3_by_3 && i == 1) ? longest : 9));
        kernel_shape.push_back(is_3_by_3 ? 3 : random.between(1, 4));
    }
    Problem problem = describe(
        &conv, ndim, steps, x_shape.data(), kernel_shape.data(), NULL
    );
    if (problem.error) return;
    output_shape = {x_shape[0], kernel_shape[0]};
    for (int i = 0; i < ndim; ++i) output_shape.push_back(conv.axes[SPATIAL - ndim + i].outputs);
    auto layout = [&] { return random.one_in(3) ? STRIDED : CONTIGUOUS; };
    Array<T> x(random, x_shape, layout()), kernel(random, kernel_shape, layout());
    Array<T> dy(random, output_shape, layout()), y(random, output_shape, CONTIGUOUS);
    Array<T> dx(random, x_shape, CONTIGUOUS), dk(random, kernel_shape, CONTIGUOUS);
    Array<T> wanted_y(random, output_shape, CONTIGUOUS), wanted_dx(random, x_shape, CONTIGUOUS);
    Array<T> wanted_dk(random, kernel_shape, CONTIGUOUS);
    for (Array<T>* array : {&x, &kernel, &dy}) array->fill([&] { return random.between(-3, 3); });
    for (Array<T>* array : {&wanted_y, &wanted_dx, &wanted_dk}) array->fill([] { return 0; });
    expect("memory", pytensor_unpool::conv(conv, x.view, kernel.view, y.data()));
    expect("memory", conv_input_grad(conv, kernel.view, dy.view, dx.data()));
    expect("memory", conv_kernel_grad(conv, x.view, dy.view, dk.data()));
    for_each_product(conv, ndim, output_shape, kernel_shape, [&](const Index& to, const Index& image,
                                                                 const Index& weight) {
        wanted_y.at(to) += x.at(image) * kernel.at(weight);
        wanted_dx.at(image) += dy.at(to) * kernel.at(weight);
        wanted_dk.at(weight) += dy.at(to) * x.at(image);
    });
    for_each_index(output_shape, [&](const Index& i) {
        expect_same("convolution", i, y.at(i), wanted_y.at(i));
    });
    for_each_index(x_shape, [&](const Index& i) {
        expect_same("input gradient", i, dx.at(i), wanted_dx.at(i));
    });
    for_each_index(kernel_shape, [&](const Index& i) {
        expect_same("kernel gradient", i, dk.at(i), wanted_dk.at(i));
    });
}

#endif
