// Arrays whose neighbours in memory are neighbours on a leading axis, the "channels": channels-last
// images seen through a transposition, for example. The channels of one element of a plane are
// contiguous in memory, and so they are in the outputs. As in kernels/numba.
#ifndef PYTENSOR_UNPOOL_CHANNELS_H
#define PYTENSOR_UNPOOL_CHANNELS_H

namespace pytensor_unpool {

// The leading axis with neighbours in memory, if no pooled one has them, or else -1.
static inline int channel_axis(const View& x, int ndim, npy_intp itemsize) {
    if (x.strides[x.ndim - 1] == itemsize) return -1;
    for (int i = x.ndim - ndim - 1; i >= 0; --i)
        if (x.shape[i] >= LANES && x.strides[i] == itemsize) return i;
    return -1;
}

// The same array with its channels after the other leading axes.
static inline View with_channels_inside(const View& x, int ndim, int channel) {
    View view = x;
    const int inside = x.ndim - ndim - 1;
    for (int i = channel; i < inside; ++i) {
        view.shape[i] = x.shape[i + 1];
        view.strides[i] = x.strides[i + 1];
    }
    view.shape[inside] = x.shape[channel];
    view.strides[inside] = x.strides[channel];
    return view;
}

// Where an index of the last `n` axes of a view lies.
template <typename T>
static UNPOOL_INLINE const T* element_of(const View& view, int n, const npy_intp* index) {
    const char* data = view.data;
    for (int i = 0; i < n; ++i) data += index[i] * view.strides[view.ndim - n + i];
    return (const T*)data;
}

// Visits all windows in C order, and the taps of each that are inside:
// visit.open(window), visit.tap(coordinates), visit.close(). Where all are inside, visit.take(first
// tap) may take them at once, and say so.
template <typename Visit>
static void walk_windows(const Windows& windows, const npy_intp* lengths, Visit& visit) {
    const int n = windows.ndim;
    View outputs, taps;
    npy_intp low[MOST_AXES], high[MOST_AXES];
    for (int i = 0; i < n; ++i) {
        outputs.shape[i] = windows.counts[i];
        taps.shape[i] = windows.axes[i].window;
        outputs.strides[i] = taps.strides[i] = 0;
        whole_windows(windows.axes[i], lengths[i], windows.counts[i], low + i, high + i);
    }
    Walk window(outputs, n);
    for (npy_intp w = window.rounds(); w > 0; --w, window.step()) {
        visit.open(window.index);
        npy_intp starts[MOST_AXES];
        bool is_whole = true;
        for (int i = 0; i < n; ++i) {
            starts[i] = window.index[i] * windows.axes[i].stride - windows.axes[i].before;
            is_whole = is_whole && low[i] <= window.index[i] && window.index[i] < high[i];
        }
        Walk tap(taps, n);
        npy_intp left = is_whole && visit.take(starts) ? 0 : tap.rounds();
        for (; left > 0; --left, tap.step()) {
            npy_intp at[MOST_AXES];
            bool inside = true;
            for (int i = 0; i < n; ++i) {
                at[i] = starts[i] + tap.index[i] * windows.axes[i].dilation;
                inside = inside && at[i] >= 0 && at[i] < lengths[i];
            }
            if (inside) visit.tap(at);
        }
        visit.close();
    }
}

}  // namespace pytensor_unpool

#endif
