// The part of fuzz_kernels.cpp about linear interpolation; it uses what stands above the line that
// includes it.
#ifndef FUZZ_UPSAMPLING_H
#define FUZZ_UPSAMPLING_H

#include "upsampling.h"

// Both directions, one weight after the other. Weights are dyadic, so that sums are exact.
template <typename T>
void fuzz_upsampling(Random& random, npy_intp longest) {
    Index shape, longer;
    const int ndim = (int)random.between(1, 4), axis = (int)random.below(ndim);
    const Ratio ratio = {npy_intp(1) << random.below(4), random.between(1, 9)};
    for (int i = 0; i < ndim; ++i) shape.push_back(random.below(i == axis ? longest : 5));
    longer = shape;
    expect("a length", !lengthen(shape[axis], ratio, axis, &longer[axis]).error);
    auto layout = [&] { return random.one_in(3) ? STRIDED : CONTIGUOUS; };
    Array<T> x(random, shape, layout()), g(random, longer, layout());
    Array<T> y(random, longer, CONTIGUOUS), wanted_y(random, longer, CONTIGUOUS);
    Array<T> dx(random, shape, CONTIGUOUS), wanted_dx(random, shape, CONTIGUOUS);
    for (Array<T>* array : {&x, &g}) array->fill([&] { return random.between(-3, 3); });
    for (Array<T>* array : {&wanted_y, &wanted_dx}) array->fill([] { return 0; });
    interpolate(x.view, y.data(), longer[axis], axis, ratio);
    interpolate_input_grad(g.view, dx.data(), shape[axis], axis, ratio);
    for_each_index(longer, [&](const Index& to) {
        const double last = (double)shape[axis] - 1;
        double place = double(to[axis] * ratio.q - (ratio.p - 1) / 2) / (double)ratio.p;
        place = place < 0 ? 0 : place > last ? last : place;
        Index from = to;
        for (from[axis] = 0; from[axis] < shape[axis]; ++from[axis]) {
            const double distance = std::fabs(place - (double)from[axis]);
            if (distance >= 1) continue;
            wanted_y.at(to) += T(1 - distance) * x.at(from);
            wanted_dx.at(from) += T(1 - distance) * g.at(to);
        }
        expect_same("interpolation", to, y.at(to), wanted_y.at(to));
    });
    for_each_index(shape, [&](const Index& at) {
        expect_same("its transpose", at, dx.at(at), wanted_dx.at(at));
    });
}

#endif
