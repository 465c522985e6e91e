// The transpose of convolution with respect to the images: a correlation of the outputs for each
// phase of the stride; or, where that multiplies by too many zeros, col2im. As in
// kernels/numba/conv/input_grad.py.
#ifndef PYTENSOR_UNPOOL_CONV_INPUT_GRAD_H
#define PYTENSOR_UNPOOL_CONV_INPUT_GRAD_H

namespace pytensor_unpool {

// The elements of an axis of the images that the same taps read: that of number `tap`, and those of
// its phase.
struct AxisPhase {
    AxisTaps taps;
    npy_intp first, count;  // the first of these elements, and how many there are
    npy_intp begin;         // the output that reads the first element by a tap at the phase itself
    npy_intp low, high;     // the outputs that read the elements

    AxisPhase() {}
    AxisPhase(const ConvAxis& a, npy_intp tap) {
        const npy_intp at = tap * a.dilation % a.stride, period = phase_period(a);
        taps = {tap, period, (a.taps - 1 - tap) / period + 1};
        begin = ceil_divide(a.before - at, a.stride);
        first = at + a.stride * begin - a.before;
        count = first < a.length ? (a.length - 1 - first) / a.stride + 1 : 0;
        low = output_of(a, tap + (taps.number - 1) * period);
        high = output_of(a, tap) + count - 1;
    }

    // The output that reads the first element by one of the taps.
    npy_intp output_of(const ConvAxis& a, npy_intp tap) const {
        return begin + (taps.first * a.dilation % a.stride - tap * a.dilation) / a.stride;
    }
};

// The transpose of `conv` with respect to the images: a correlation for each combination of phases.
template <typename T>
struct InputGrad {
    const ConvShape& conv;
    View weights;
    npy_intp low[SPATIAL], high[SPATIAL];  // the outputs that are read

    static npy_intp phases(const ConvAxis& a) { return at_most(a.taps, phase_period(a)); }

    npy_intp combinations() const {
        return phases(conv.axes[0]) * phases(conv.axes[1]) * phases(conv.axes[2]);
    }

    // The phases of a combination; false if they read no element.
    bool find_phases(npy_intp combination, AxisPhase* found) const {
        bool has_elements = true;
        for (int i = SPATIAL - 1; i >= 0; --i) {
            found[i] = AxisPhase(conv.axes[i], combination % phases(conv.axes[i]));
            combination /= phases(conv.axes[i]);
            has_elements = has_elements && found[i].count > 0;
        }
        return has_elements;
    }

    void widen(const AxisPhase* found, bool is_first) {
        for (int i = 0; i < SPATIAL; ++i) {
            low[i] = is_first ? found[i].low : at_most(low[i], found[i].low);
            high[i] = is_first ? found[i].high : at_least(high[i], found[i].high);
        }
    }

    // How the outputs that are read are packed.
    Packing packing() const {
        Packing packing = {{}, 1};
        for (int i = 0; i < SPATIAL; ++i)
            packing.axes[i] = {low[i], 1, 1, 1, 1, high[i] - low[i] + 1};
        return packing;
    }

    // Fill in the correlation of a combination for the first group; return how many taps it has.
    npy_intp describe_correlation(
        const AxisPhase* found, Tap* taps, T* dx, Correlation<T>* correlation
    ) const {
        AxisTaps axes[SPATIAL];
        Target<T>& target = correlation->target;
        npy_intp step = 1, number = 1;
        target.data = dx;
        for (int i = SPATIAL - 1; i >= 0; --i) {
            axes[i] = found[i].taps;
            number *= axes[i].number;
            target.outputs[i] = found[i].count;
            target.steps[i] = step * conv.axes[i].stride;
            target.data += step * found[i].first;
            step *= conv.axes[i].length;
        }
        target.channel_step = step;
        correlation->m = conv.channels;
        correlation->m_step = weights.strides[1];
        correlation->channel_step = weights.strides[0];
        correlation->taps = taps;
        correlation->number_of_taps = number;
        list_taps(conv, axes, weights.strides + 2, taps,
                  [&](int i, npy_intp tap, npy_intp* phase, npy_intp* shift) {
                      *phase = 0;
                      *shift = found[i].output_of(conv.axes[i], tap) - low[i];
                  });
        return number;
    }

    // Fill in all correlations and their taps; return how many there are.
    npy_intp list_correlations(Tap* taps, T* dx, Correlation<T>* correlations) {
        npy_intp number = 0;
        AxisPhase found[SPATIAL];
        for (npy_intp i = 0; i < combinations(); ++i)
            if (find_phases(i, found)) widen(found, number++ == 0);
        number = 0;
        for (npy_intp i = 0; i < combinations(); ++i)
            if (find_phases(i, found))
                taps += describe_correlation(found, taps, dx, correlations + number++);
        return number;
    }
};

// One thread's part: the images are `image_step` elements apart.
template <typename T>
static bool run_input_grad(
    const ConvShape& conv, const View& kernel, const View& dy, T* dx, npy_intp image_step
) {
    if (conv.channels == 0 || conv.out_channels == 0 || conv.images == 0) return true;
    const Packing for_outputs = pack_for_outputs(conv, has_rows(conv));
    const ConvWay way = choose_input_grad_way<T>(conv, for_outputs);
    if (way == COL2IM) return col2im(conv, for_outputs, kernel, dy, dx, image_step);
    InputGrad<T> grad = {conv, kernel, {}, {}};
    Scratch taps(count_taps(conv) * sizeof(Tap));
    Scratch scratch(grad.combinations() * sizeof(Correlation<T>));
    if (!taps.data || !scratch.data) return false;
    Correlation<T>* correlations = (Correlation<T>*)scratch.data;
    const npy_intp number = grad.list_correlations((Tap*)taps.data, dx, correlations);
    if (number == 0) return true;
    for (npy_intp group = 0; group < conv.groups; ++group) {
        const View weights = group_of(kernel, 0, conv.groups, group);
        for (npy_intp i = 0; i < number; ++i) {
            correlations[i].weights = weights.data;
            if (group > 0) correlations[i].target.data += conv.channels * plane_of(conv);
        }
        Correlations<T> all = {
            group_of(dy, 1, conv.groups, group), grad.packing(), correlations, number, image_step
        };
        PackedAxis& x = all.packing.axes[2];
        if (all.max_outputs(0) > 1 || all.max_outputs(1) > 1)
            x.size -= shared_zeros(x, conv.axes[2].outputs, all.max_outputs(2));
        if (!(way == WINOGRAD ? winograd(all) : gemm(all))) return false;
    }
    return true;
}

template <typename T>
static bool conv_input_grad(const ConvShape& conv, const View& kernel, const View& dy, T* dx) {
    const View outputs = three_axes(dy), weights = three_axes(kernel);
    const ConvAxis* axes = conv.axes;
    const npy_intp plane = plane_of(conv), step = conv.groups * conv.channels * plane;
    const bool is_dense = axes[0].stride == 1 && axes[1].stride == 1 && axes[2].stride == 1;
    // Nothing reads elements between taps, or beyond the last output's.
    if (conv.out_channels == 0 || !is_dense) memset(dx, 0, conv.images * step * sizeof(T));
    if (shares_kernel(conv, weights, outputs))
        return in_parallel(conv.channels, [&](npy_intp first, npy_intp number) {
            ConvShape part = conv;
            part.channels = number;
            return run_input_grad(part, part_of(weights, 1, first, number), outputs,
                                  dx + first * plane, step);
        });
    return in_parallel(conv.images, [&](npy_intp first, npy_intp number) {
        ConvShape part = conv;
        part.images = number;
        return run_input_grad(part, weights, part_of(outputs, 0, first, number), dx + first * step,
                              step);
    });
}

}  // namespace pytensor_unpool

#endif
