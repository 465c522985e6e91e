// Un-pooling to, and gathering from, all maxima of a window at once.
#ifndef PYTENSOR_UNPOOL_MAX_POOL_TIED_H
#define PYTENSOR_UNPOOL_MAX_POOL_TIED_H

namespace pytensor_unpool {

template <typename T, typename G>
static UNPOOL_INLINE void add_where_equal(
    const char* line, npy_intp step, const T* __restrict maxima, const G* __restrict gradients,
    G* __restrict y, npy_intp columns
) {
    if (step == (npy_intp)sizeof(T)) {
        const T* __restrict x = (const T*)line;
        for (npy_intp i = 0; i < columns; ++i) y[i] += x[i] == maxima[i] ? gradients[i] : (G)0;
    } else {
        for (npy_intp i = 0; i < columns; ++i)
            y[i] += *(const T*)(line + i * step) == maxima[i] ? gradients[i] : (G)0;
    }
}

static inline npy_intp common_divisor(npy_intp a, npy_intp b) {
    return b ? common_divisor(b, a % b) : a;
}

// Adds the cotangent of each window to its maxima in `y`, a contiguous plane.
//
// For a line of windows, each column gets the maximum and the cotangent of the window that it lies
// in; then whole lines of x are compared with the maxima. Where windows overlap, several taps have
// the same column: these are done in layers. `maxima` and `gradients` have room for TILE_COLUMNS.
template <typename T, typename G>
static void unpool_plane_tied(
    const Windows& windows, const View& plane, const View& values, const View& cotangent, G* y,
    T* maxima, G* gradients
) {
    const int n = windows.ndim;
    const AxisWindows& last = windows.axes[n - 1];
    const npy_intp length = plane.shape[n - 1], count = windows.counts[n - 1];
    const npy_intp value_step = values.strides[n - 1], from_step = cotangent.strides[n - 1];
    const npy_intp step = plane.strides[n - 1];
    const npy_intp taps_per_layer = last.stride / common_divisor(last.stride, last.dilation);
    const OuterViews outer(windows);
    Walk output(outer.outputs, n - 1);
    for (npy_intp o = output.rounds(); o > 0; --o, output.step()) {
        const char* value = line_at(values, output.index);
        const char* from = line_at(cotangent, output.index);
        for (npy_intp begin = 0; begin < length; begin += TILE_COLUMNS)
            for (npy_intp layer = 0; layer < last.window; layer += taps_per_layer) {
                npy_intp columns = at_most(TILE_COLUMNS, length - begin);
                memset(maxima, 0, columns * sizeof(T));
                memset(gradients, 0, columns * sizeof(G));
                for (npy_intp k = layer; k < at_most(layer + taps_per_layer, last.window); ++k) {
                    npy_intp shift = k * last.dilation - last.before - begin;
                    npy_intp low = at_least(0, ceil_divide(-shift, last.stride));
                    npy_intp high =
                        at_most(count, floor_divide(columns - 1 - shift, last.stride) + 1);
                    for (npy_intp w = low; w < high; ++w) {
                        maxima[w * last.stride + shift] = *(const T*)(value + w * value_step);
                        gradients[w * last.stride + shift] = *(const G*)(from + w * from_step);
                    }
                }
                Walk tap(outer.taps, n - 1);
                for (npy_intp t = tap.rounds(); t > 0; --t, tap.step()) {
                    npy_intp number, offset;
                    if (find_line(windows, plane.shape, plane.strides, output.index, tap.index,
                                  &number, &offset))
                        add_where_equal(plane.data + offset + begin * step, step, maxima, gradients,
                                        y + number * length + begin, columns);
                }
            }
    }
}

// Adds the tangent at the maxima of each window to its place in `y`, a view of the pooled axes.
template <typename T, typename G>
struct Collect {
    npy_intp stride, element_stride;
    View values, tangent, y;

    void operator()(
        const char* line, npy_intp line_start, npy_intp shift, npy_intp low, npy_intp high,
        const npy_intp* index
    ) {
        const int inner = values.ndim - 1;
        const char* value = line_at(values, index);
        char* to = line_at(y, index);
        npy_intp length = tangent.shape[inner], number = line_start / length;
        const char* moved = tangent.data;
        for (int i = inner - 1; i >= 0; --i) {
            moved += number % tangent.shape[i] * tangent.strides[i];
            number /= tangent.shape[i];
        }
        for (npy_intp w = low; w < high; ++w) {
            npy_intp at = w * stride + shift;
            bool tied = *(const T*)(line + at * element_stride) ==
                        *(const T*)(value + w * values.strides[inner]);
            G* target = (G*)(to + w * y.strides[inner]);
            G before = *target, after = before + *(const G*)(moved + at * tangent.strides[inner]);
            *target = tied ? after : before;
        }
    }
};

// Whether the first window begins with the axis, and none shares an element with another.
static inline bool are_apart(const Windows& windows) {
    for (int i = 0; i < windows.ndim; ++i) {
        const AxisWindows& axis = windows.axes[i];
        const bool has_holes = axis.dilation != 1 && axis.window != 1;
        if (axis.before != 0 || axis.window > axis.stride || has_holes) return false;
    }
    return true;
}

// The columns of LANES windows as long as the stride, from number BEGIN on.
template <int WINDOW, int BEGIN, typename T, typename G>
static UNPOOL_INLINE void write_block(
    const T* x, const typename Vector<T>::type& values, const typename Vector<G>::type& cotangent,
    G* y
) {
    const typename Vector<G>::type none = {}, shares = spread_lanes<WINDOW, BEGIN>(cotangent);
    const auto tied = load_vector(x + BEGIN) == spread_lanes<WINDOW, BEGIN>(values);
    store_vector(__builtin_convertvector(tied, decltype(none == none)) ? shares : none, y + BEGIN);
    if constexpr (BEGIN + LANES < WINDOW * LANES)
        write_block<WINDOW, BEGIN + LANES>(x, values, cotangent, y);
}

// A line of as many columns as `length`; `count` windows begin in it, as long as the stride.
template <int WINDOW, typename T, typename G>
static UNPOOL_INLINE void write_where_equal(
    const T* x, const T* values, const G* cotangent, G* y, npy_intp length, npy_intp count
) {
    const npy_intp whole = at_most(count, length / WINDOW);
    npy_intp done = 0;
    for (; done + LANES <= whole; done += LANES)
        write_block<WINDOW, 0>(x + done * WINDOW, load_vector(values + done),
                               load_vector(cotangent + done), y + done * WINDOW);
    // If they do not divide, the last block overlaps the one before.
    if (done < whole && whole >= LANES) {
        done = whole - LANES;
        write_block<WINDOW, 0>(x + done * WINDOW, load_vector(values + done),
                               load_vector(cotangent + done), y + done * WINDOW);
        done = whole;
    }
    for (; done < count; ++done)
        for (npy_intp i = done * WINDOW; i < at_most(length, (done + 1) * WINDOW); ++i)
            y[i] = choose(x[i] == values[done], cotangent[done], (G)0);
    for (npy_intp i = count * WINDOW; i < length; ++i) y[i] = 0;
}

// The same for windows of any length, at any stride that is not shorter.
template <typename T, typename G>
static void write_any(
    const AxisWindows& axis, const T* x, const T* values, const G* cotangent, G* y,
    npy_intp length, npy_intp count
) {
    memset(y, 0, length * sizeof(G));
    for (npy_intp w = 0; w < count; ++w)
        for (npy_intp i = w * axis.stride; i < at_most(length, w * axis.stride + axis.window); ++i)
            y[i] = choose(x[i] == values[w], cotangent[w], (G)0);
}

// Steps through the lines of an array with windows that are apart, and through the windows' lines.
struct LineWalk {
    const View &x, &values, &cotangent;
    npy_intp offset, value, from;  // in bytes
    npy_intp index[MOST_AXES], window[MOST_AXES], tap[MOST_AXES], length[MOST_AXES];
    npy_intp stride[MOST_AXES];

    LineWalk(const Windows& windows, const View& x, const View& values, const View& cotangent)
        : x(x), values(values), cotangent(cotangent), offset(0), value(0), from(0) {
        for (int i = 0; i < x.ndim - 1; ++i) {
            const int pooled = i - (x.ndim - windows.ndim);
            index[i] = window[i] = tap[i] = 0;
            // The windows of leading axes are their elements.
            length[i] = pooled < 0 ? 1 : windows.axes[pooled].window;
            stride[i] = pooled < 0 ? 1 : windows.axes[pooled].stride;
        }
    }

    bool is_inside() const {
        for (int i = x.ndim - 2; i >= 0; --i)
            if (tap[i] >= length[i] || window[i] >= values.shape[i]) return false;
        return true;
    }

    void move(int axis, npy_intp windows) {
        window[axis] += windows;
        value += windows * values.strides[axis];
        from += windows * cotangent.strides[axis];
    }

    void step() {
        for (int i = x.ndim - 2; i >= 0; --i) {
            offset += x.strides[i];
            if (++index[i] < x.shape[i]) {
                if (++tap[i] == stride[i]) {
                    tap[i] = 0;
                    move(i, 1);
                }
                return;
            }
            offset -= x.shape[i] * x.strides[i];
            index[i] = tap[i] = 0;
            move(i, -window[i]);
        }
    }
};

// Un-pool to windows that are apart, line by line of `y`: each element is written once.
template <typename T, typename G>
static void unpool_apart(
    const Windows& windows, const View& x, const View& values, const View& cotangent, G* y
) {
    const AxisWindows& last = windows.axes[windows.ndim - 1];
    const npy_intp length = x.shape[x.ndim - 1], count = values.shape[x.ndim - 1];
    LineWalk line(windows, x, values, cotangent);
    for (npy_intp n = Walk(x, x.ndim - 1).rounds(); n > 0; --n, line.step(), y += length) {
        if (!line.is_inside()) {
            memset(y, 0, length * sizeof(G));
            continue;
        }
        const T* of_x = (const T*)(x.data + line.offset);
        const T* of_values = (const T*)(values.data + line.value);
        const G* of_cotangent = (const G*)(cotangent.data + line.from);
        const npy_intp window = last.window == last.stride ? last.window : 0;
        if (window == 1) write_where_equal<1>(of_x, of_values, of_cotangent, y, length, count);
        else if (window == 2) write_where_equal<2>(of_x, of_values, of_cotangent, y, length, count);
        else if (window == 3) write_where_equal<3>(of_x, of_values, of_cotangent, y, length, count);
        else if (window == 4) write_where_equal<4>(of_x, of_values, of_cotangent, y, length, count);
        else write_any(last, of_x, of_values, of_cotangent, y, length, count);
    }
}

// Whether the elements of a line are neighbours in memory.
template <typename T>
static bool has_contiguous_lines(const View& x) {
    return x.shape[x.ndim - 1] == 1 || x.strides[x.ndim - 1] == (npy_intp)sizeof(T);
}

// False if there is no scratch memory.
template <typename T, typename G>
static bool tied_unpool(
    const Windows& windows, const View& x, const View& values, const View& cotangent, G* y
) {
    const bool is_contiguous = has_contiguous_lines<T>(x) && has_contiguous_lines<T>(values);
    if (is_contiguous && has_contiguous_lines<G>(cotangent) && are_apart(windows)) {
        unpool_apart<T>(windows, x, values, cotangent, y);
        return true;
    }
    const int n = windows.ndim, leading = x.ndim - n;
    Walk item(x, leading), value(values, leading), from(cotangent, leading);
    npy_intp size = x.trailing(n, 0).size(), items = item.rounds();
    npy_intp columns = at_most(TILE_COLUMNS, x.shape[x.ndim - 1]);
    T* maxima = (T*)malloc(columns * sizeof(T));
    G* gradients = (G*)malloc(columns * sizeof(G));
    bool has_memory = maxima && gradients;
    for (; has_memory && items > 0;
         --items, item.step(), value.step(), from.step(), y += size) {
        memset(y, 0, size * sizeof(G));
        unpool_plane_tied(
            windows, x.trailing(n, item.offset), values.trailing(n, value.offset),
            cotangent.trailing(n, from.offset), y, maxima, gradients
        );
    }
    free(maxima);
    free(gradients);
    return has_memory;
}

template <typename T, typename G>
static void tied_gather(
    const Windows& windows, const View& x, const View& values, const View& tangent, const View& y
) {
    const int n = windows.ndim, leading = x.ndim - n;
    Walk item(x, leading), value(values, leading), from(tangent, leading), to(y, leading);
    npy_intp items = item.rounds();
    for (; items > 0; --items, item.step(), value.step(), from.step(), to.step()) {
        Collect<T, G> collect = {
            windows.axes[n - 1].stride, x.strides[x.ndim - 1], values.trailing(n, value.offset),
            tangent.trailing(n, from.offset), y.trailing(n, to.offset)
        };
        walk_taps(windows, x.trailing(n, item.offset), collect);
    }
}

// Adds the cotangent of each window to all of its maxima.
template <typename T, typename G>
struct UnpoolTiedChannels {
    const Windows& windows;
    const View &item, &values, &cotangent;
    G* out;
    npy_intp channels;
    const T* value;
    const G* from;

    void open(const npy_intp* window) {
        value = element_of<T>(values, windows.ndim, window);
        from = element_of<G>(cotangent, windows.ndim, window);
    }

    void tap(const npy_intp* at) {
        G* __restrict to = out + flat_index(item.shape + 1, windows.ndim, at) * channels;
        const T* __restrict x = element_of<T>(item, windows.ndim, at);
        const T* __restrict v = value;
        const G* __restrict g = from;
        for (npy_intp i = 0; i < channels; ++i) {
            G before = to[i], after = before + g[i];
            to[i] = x[i] == v[i] ? after : before;
        }
    }

    bool take(const npy_intp*) { return false; }

    void close() {}
};

// The same for arrays with channels innermost, as are those of `y`.
template <typename T, typename G>
static void tied_unpool_channels(
    const Windows& windows, const View& x, const View& values, const View& cotangent, G* y
) {
    const int n = windows.ndim, leading = x.ndim - n - 1;
    npy_intp size = x.trailing(n + 1, 0).size();
    Walk item(x, leading), value(values, leading), from(cotangent, leading);
    for (npy_intp i = item.rounds(); i > 0;
         --i, item.step(), value.step(), from.step(), y += size) {
        memset(y, 0, size * sizeof(G));
        View images = x.trailing(n + 1, item.offset), maxima = values.trailing(n + 1, value.offset);
        View gradients = cotangent.trailing(n + 1, from.offset);
        UnpoolTiedChannels<T, G> spread = {windows, images,           maxima,
                                           gradients, y, images.shape[0]};
        walk_windows(windows, images.shape + 1, spread);
    }
}

}  // namespace pytensor_unpool

#endif
