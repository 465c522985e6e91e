// Convolution, and its transpose in the images: correlations with all taps, and with those of a
// phase.
#ifndef PYTENSOR_UNPOOL_CONV_MAPS_H
#define PYTENSOR_UNPOOL_CONV_MAPS_H

namespace pytensor_unpool {

// The last three of `ndim` spatial axes, lengths and strides; missing ones have length 1.
static inline View with_three_axes(const View& x, int leading) {
    View view = x.trailing(0, 0);
    const int ndim = x.ndim - leading;
    view.ndim = leading + SPATIAL;
    for (int i = 0; i < view.ndim; ++i) {
        const int from = i < leading ? i : i - (SPATIAL - ndim);
        const bool is_missing = i >= leading && from < leading;
        view.shape[i] = is_missing ? 1 : x.shape[from];
        view.strides[i] = is_missing ? 0 : x.strides[from];
    }
    return view;
}

// The part of an axis from `first` on.
static inline View part_of(const View& x, int axis, npy_intp first, npy_intp most) {
    View view = x;
    view.data += first * x.strides[axis];
    view.shape[axis] = at_most(most, x.shape[axis] - first);
    return view;
}

// Of the channels of images or output of a group, and of its part of the weights.
static inline View group_of(const View& x, int axis, npy_intp groups, npy_intp group) {
    View view = x;
    view.shape[axis] /= groups;
    view.data += group * view.shape[axis] * view.strides[axis];
    return view;
}

static inline npy_intp weight_index(const Convolution& conv, int axis, npy_intp tap) {
    return conv.flip ? conv.axes[axis].taps - 1 - tap : tap;
}

// The taps of each axis that a correlation takes.
struct AxisTaps {
    npy_intp first, step, number;  // the taps first, first + step, ...
};

// Fill in all taps: each axis gives where its taps read.
template <typename Place>
static void list_taps(
    const Convolution& conv, const AxisTaps* axes, const npy_intp* weight_steps, ConvTap* to,
    Place place
) {
    for (npy_intp i = 0; i < axes[0].number; ++i)
        for (npy_intp j = 0; j < axes[1].number; ++j)
            for (npy_intp k = 0; k < axes[2].number; ++k, ++to) {
                const npy_intp index[SPATIAL] = {i, j, k};
                to->weight = 0;
                for (int a = 0; a < SPATIAL; ++a) {
                    npy_intp tap = axes[a].first + index[a] * axes[a].step;
                    to->weight += weight_index(conv, a, tap) * weight_steps[a];
                    place(a, tap, &to->phase[a], &to->shift[a]);
                }
            }
}

// After how many taps their places are the same again, modulo the stride.
static inline npy_intp phase_period(const ConvAxis& a) {
    npy_intp divisor = a.stride, rest = a.dilation % a.stride;
    while (rest != 0) {
        const npy_intp next = divisor % rest;
        divisor = rest;
        rest = next;
    }
    return a.stride / divisor;
}

// How the images are copied for the output, and where its taps read.
static Source source_of(const Convolution& conv) {
    Source source;
    source.images = 1;
    for (int i = 0; i < SPATIAL; ++i) {
        const ConvAxis& a = conv.axes[i];
        source.axes[i] = {
            -a.before, a.stride, a.dilation, at_most(a.taps, phase_period(a)),
            a.outputs + (a.taps - 1) * a.dilation / a.stride
        };
    }
    // A single row is done in bands, which do not begin with padding.
    const ConvAxis& row = conv.axes[2];
    if (conv.axes[0].outputs > 1 || conv.axes[1].outputs > 1)
        source.axes[2].size -= shared_zeros(source.axes[2], row.length, row.outputs);
    return source;
}

static npy_intp outputs_of(const Convolution& conv) {
    return conv.axes[0].outputs * conv.axes[1].outputs * conv.axes[2].outputs;
}

static npy_intp count_taps(const Convolution& conv) {
    return conv.axes[0].taps * conv.axes[1].taps * conv.axes[2].taps;
}

static void list_all_taps(const Convolution& conv, const npy_intp* weight_steps, ConvTap* to) {
    AxisTaps axes[SPATIAL];
    for (int i = 0; i < SPATIAL; ++i) axes[i] = {0, 1, conv.axes[i].taps};
    list_taps(conv, axes, weight_steps, to, [&](int i, npy_intp tap, npy_intp* phase,
                                                npy_intp* shift) {
        *phase = tap % phase_period(conv.axes[i]);
        *shift = tap * conv.axes[i].dilation / conv.axes[i].stride;
    });
}

// One thread's part of a convolution: the outputs of an image are `image_step` elements apart.
template <typename T>
static bool run_conv(
    const Convolution& conv, const View& images, const View& weights, T* y, npy_intp image_step
) {
    const npy_intp plane = outputs_of(conv);
    if (conv.channels == 0 || conv.rows == 0 || conv.images == 0) return true;
    Scratch taps(count_taps(conv) * sizeof(ConvTap));
    if (!taps.data) return false;
    list_all_taps(conv, weights.strides + 2, (ConvTap*)taps.data);
    const Source source = source_of(conv);
    for (npy_intp group = 0; group < conv.groups; ++group) {
        const View part = group_of(weights, 0, conv.groups, group);
        Correlation<T> one = {
            conv.rows, part.data, part.strides[0], part.strides[1], (const ConvTap*)taps.data,
            count_taps(conv), {y + group * conv.rows * plane, plane, {}, {}, false}
        };
        Correlations<T> all = {
            group_of(images, 1, conv.groups, group), {}, &one, 1, image_step
        };
        npy_intp step = 1;
        for (int i = SPATIAL - 1; i >= 0; --i) {
            all.axes[i] = source.axes[i];
            one.target.counts[i] = conv.axes[i].outputs;
            one.target.steps[i] = step;
            step *= conv.axes[i].outputs;
        }
        if (!(takes_winograd<T>(conv) ? winograd(all) : correlate(all))) return false;
    }
    return true;
}

// Whether threads share the kernel and read all of the images: where there are too few of these, or
// the kernel is the larger one. Else each has images of its own, and all of the kernel.
static bool shares_kernel(const Convolution& conv, const View& kernel, const View& images) {
    return conv.groups == 1 && (conv.images < most_threads() || kernel.size() > images.size());
}

// The arrays in these have a batch, channels, and one to three spatial axes; outputs are C
// contiguous. All return false if there is no memory for scratch.
template <typename T>
static bool conv(const Convolution& conv, const View& x, const View& kernel, T* y) {
    const View images = with_three_axes(x, 2), weights = with_three_axes(kernel, 2);
    const npy_intp plane = outputs_of(conv), step = conv.groups * conv.rows * plane;
    if (conv.channels == 0) memset(y, 0, conv.images * step * sizeof(T));
    if (shares_kernel(conv, weights, images))
        return in_parallel(conv.rows, [&](npy_intp first, npy_intp number) {
            Convolution some = conv;
            some.rows = number;
            return run_conv(some, images, part_of(weights, 0, first, number), y + first * plane,
                            step);
        });
    return in_parallel(conv.images, [&](npy_intp first, npy_intp number) {
        Convolution some = conv;
        some.images = number;
        return run_conv(some, part_of(images, 0, first, number), weights, y + first * step, step);
    });
}

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

template <typename T>
static bool run_conv_input_grad(
    const Convolution& conv, const View& weights, const View& outputs, T* dx, npy_intp image_step
) {
    const ConvAxis* axes = conv.axes;
    const npy_intp plane = axes[0].length * axes[1].length * axes[2].length;
    if (conv.channels == 0 || conv.rows == 0 || conv.images == 0) return true;
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
            all.axes[i] = {grad.low[i], 1, 1, 1, grad.high[i] - grad.low[i] + 1};
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
