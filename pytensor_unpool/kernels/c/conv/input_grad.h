// The transpose of convolution in the images: a correlation for each phase of the stride, or, where
// that multiplies with too many zeros, sums that are scattered.
#ifndef PYTENSOR_UNPOOL_CONV_INPUT_GRAD_H
#define PYTENSOR_UNPOOL_CONV_INPUT_GRAD_H

namespace pytensor_unpool {

// The elements of an axis of the images that tap number `number` reads, and taps of the same phase:
// which these are, and where in the outputs.
struct Phase {
    AxisTaps taps;
    npy_intp first, count;  // the first of these elements, and how many there are
    npy_intp begin;         // element 0 is read at `begin` by a tap at the phase itself
    npy_intp low, high;     // the first and the last output that the elements are read by

    Phase() {}
    Phase(const ConvAxis& a, npy_intp number) {
        const npy_intp phase = number * a.dilation % a.stride, period = phase_period(a);
        taps = {number, period, (a.taps - 1 - number) / period + 1};
        begin = ceil_divide(a.before - phase, a.stride);
        first = phase + a.stride * begin - a.before;
        count = first < a.length ? (a.length - 1 - first) / a.stride + 1 : 0;
        low = output(a, number + (taps.number - 1) * period);
        high = output(a, number) + count - 1;
    }

    // The output that reads element 0 by one of the taps.
    npy_intp output(const ConvAxis& a, npy_intp tap) const {
        return begin + (taps.first * a.dilation % a.stride - tap * a.dilation) / a.stride;
    }

};

// The transpose of `conv` in the images: one correlation for each combination of phases.
template <typename T>
struct InputGrad {
    const Convolution& conv;
    View weights;
    npy_intp low[SPATIAL], high[SPATIAL];  // the outputs that are read

    static npy_intp phases(const ConvAxis& a) { return at_most(a.taps, phase_period(a)); }

    npy_intp combinations() const {
        return phases(conv.axes[0]) * phases(conv.axes[1]) * phases(conv.axes[2]);
    }

    // The phases of combination number `number`; false if it reads nothing.
    bool find(npy_intp number, Phase* found) const {
        bool has_elements = true;
        for (int i = SPATIAL - 1; i >= 0; --i) {
            found[i] = Phase(conv.axes[i], number % phases(conv.axes[i]));
            number /= phases(conv.axes[i]);
            has_elements = has_elements && found[i].count > 0;
        }
        return has_elements;
    }

    void widen(const Phase* found, bool is_first) {
        for (int i = 0; i < SPATIAL; ++i) {
            low[i] = is_first ? found[i].low : at_most(low[i], found[i].low);
            high[i] = is_first ? found[i].high : at_least(high[i], found[i].high);
        }
    }

    // Fill in a correlation of one combination for the first group; return how many taps it has.
    npy_intp describe(
        const Phase* found, ConvTap* taps, T* dx, Correlation<T>* one
    ) const {
        AxisTaps some[SPATIAL];
        npy_intp step = 1, number = 1;
        one->target.data = dx;
        for (int i = SPATIAL - 1; i >= 0; --i) {
            some[i] = found[i].taps;
            number *= some[i].number;
            one->target.counts[i] = found[i].count;
            one->target.steps[i] = step * conv.axes[i].stride;
            one->target.data += step * found[i].first;
            step *= conv.axes[i].length;
        }
        one->target.row_step = step;
        one->rows = conv.channels;
        one->weight_row = weights.strides[1];
        one->weight_channel = weights.strides[0];
        one->taps = taps;
        one->number_of_taps = number;
        list_taps(conv, some, weights.strides + 2, taps,
                  [&](int i, npy_intp tap, npy_intp* phase, npy_intp* shift) {
                      *phase = 0;
                      *shift = found[i].output(conv.axes[i], tap) - low[i];
                  });
        return number;
    }
};

// One thread's part: the images are `image_step` elements apart.
template <typename T>
static bool run_conv_input_grad(
    const Convolution& conv, const View& weights, const View& outputs, T* dx, npy_intp image_step
) {
    const ConvAxis* axes = conv.axes;
    const npy_intp plane = axes[0].length * axes[1].length * axes[2].length;
    if (conv.channels == 0 || conv.rows == 0 || conv.images == 0) return true;
    const Scatter s = Scatter::of<T>(conv);
    if (!takes_winograd<T>(conv) && s.is_faster<T>(conv))
        return scatter(conv, s, weights, outputs, dx, image_step);
    InputGrad<T> grad = {conv, weights, {}, {}};
    Scratch taps(count_taps(conv) * sizeof(ConvTap));
    Scratch scratch(grad.combinations() * sizeof(Correlation<T>));
    if (!taps.data || !scratch.data) return false;
    Correlation<T>* correlations = (Correlation<T>*)scratch.data;
    ConvTap* tap = (ConvTap*)taps.data;
    npy_intp number = 0;
    Phase found[SPATIAL];
    for (npy_intp i = 0; i < grad.combinations(); ++i)
        if (grad.find(i, found)) grad.widen(found, number++ == 0);
    number = 0;
    for (npy_intp i = 0; i < grad.combinations(); ++i)
        if (grad.find(i, found)) tap += grad.describe(found, tap, dx, correlations + number++);
    if (number == 0) return true;
    for (npy_intp group = 0; group < conv.groups; ++group) {
        const npy_intp step = conv.channels * plane;
        const View part = group_of(grad.weights, 0, conv.groups, group);
        for (npy_intp i = 0; i < number; ++i) {
            correlations[i].weights = part.data;
            if (group > 0) correlations[i].target.data += step;
        }
        Correlations<T> all = {
            group_of(outputs, 1, conv.groups, group), {}, correlations, number, image_step
        };
        for (int i = 0; i < SPATIAL; ++i)
            all.axes[i] = {grad.low[i], 1, 1, 1, 1, grad.high[i] - grad.low[i] + 1};
        if (all.most_outputs(0) > 1 || all.most_outputs(1) > 1)
            all.axes[2].size -=
                shared_zeros(all.axes[2], axes[2].outputs, all.most_outputs(2));
        if (!(takes_winograd<T>(conv) ? winograd(all) : correlate(all))) return false;
    }
    return true;
}

template <typename T>
static bool conv_input_grad(const Convolution& conv, const View& kernel, const View& dy, T* dx) {
    const View outputs = with_three_axes(dy, 2), weights = with_three_axes(kernel, 2);
    const ConvAxis* axes = conv.axes;
    const npy_intp plane = axes[0].length * axes[1].length * axes[2].length;
    const npy_intp step = conv.groups * conv.channels * plane;
    const bool is_dense = axes[0].stride == 1 && axes[1].stride == 1 && axes[2].stride == 1;
    // Elements between taps, or behind the last output's, are read by nothing.
    if (conv.rows == 0 || !is_dense) memset(dx, 0, conv.images * step * sizeof(T));
    if (shares_kernel(conv, weights, outputs))
        return in_parallel(conv.channels, [&](npy_intp first, npy_intp number) {
            Convolution some = conv;
            some.channels = number;
            return run_conv_input_grad(some, part_of(weights, 1, first, number), outputs,
                                       dx + first * plane, step);
        });
    return in_parallel(conv.images, [&](npy_intp first, npy_intp number) {
        Convolution some = conv;
        some.images = number;
        return run_conv_input_grad(some, weights, part_of(outputs, 0, first, number),
                                   dx + first * step, step);
    });
}

}  // namespace pytensor_unpool

#endif
