// Sum and average pooling, and its transpose, of arrays that have neighbours on a leading axis.
#ifndef PYTENSOR_UNPOOL_POOL_CHANNELS_H
#define PYTENSOR_UNPOOL_POOL_CHANNELS_H

namespace pytensor_unpool {

// Writes the sum or average of each window, all channels of it side by side.
template <Mode MODE, typename T>
struct SumChannels {
    typedef typename Addend<T>::type U;
    static const int MOST_TAKEN = 32;

    const Windows& windows;
    const View& item;
    T* out;
    npy_intp channels, divisor;
    // How far the taps of a window are from its first one in bytes, if they are not too many.
    npy_intp offsets[MOST_TAKEN];
    npy_intp taps;
    const T* from[MOST_TAKEN];
    int taken;
    bool is_fresh;

    void find_offsets() {
        View all;
        for (int i = 0; i < windows.ndim; ++i) {
            all.shape[i] = windows.axes[i].window;
            all.strides[i] = windows.axes[i].dilation * item.strides[1 + i];
        }
        Walk tap(all, windows.ndim);
        taps = tap.rounds();
        for (int i = 0; taps <= MOST_TAKEN && i < taps; ++i, tap.step()) offsets[i] = tap.offset;
    }

    bool take(const npy_intp* starts) {
        if (taps > MOST_TAKEN) return false;
        const char* first = (const char*)element_of<T>(item, windows.ndim, starts);
        for (int i = 0; i < taps; ++i) from[i] = (const T*)(first + offsets[i]);
        taken = (int)taps;
        return true;
    }

    void open(const npy_intp* window) {
        divisor = full_divisor<MODE>(windows, item.shape + 1, window);
        taken = 0;
        is_fresh = true;
    }

    void tap(const npy_intp* at) {
        if (taken == MOST_TAKEN) add_up<false>();
        from[taken++] = element_of<T>(item, windows.ndim, at);
    }

    template <bool DIVIDES>
    UNPOOL_INLINE void add_up() {
        const T denominator = (T)divisor;
        npy_intp i = 0;
        for (; i + LANES <= channels; i += LANES) {
            typename Vector<U>::type total = {};
            if (!is_fresh) total = load_vector((const U*)out + i);
            for (int t = 0; t < taken; ++t) total += load_vector((const U*)from[t] + i);
            if constexpr (DIVIDES && !std::is_integral<T>::value) total /= denominator;
            store_vector(total, (U*)out + i);
        }
        for (npy_intp rest = i; rest < channels; ++rest) {
            U total = is_fresh ? (U)0 : (U)out[rest];
            for (int t = 0; t < taken; ++t) total = (U)(total + (U)from[t][rest]);
            if constexpr (DIVIDES && !std::is_integral<T>::value) total /= denominator;
            out[rest] = (T)total;
        }
        if constexpr (DIVIDES && std::is_integral<T>::value)
            for (i = 0; i < channels; ++i) out[i] = quotient(out[i], divisor);
        taken = 0;
        is_fresh = false;
    }

    void close() {
        add_up<MODE != Mode::SUM>();
        out += channels;
    }
};

// Adds to each element its share of the cotangent of its windows.
template <Mode MODE, typename T>
struct InputGradChannels {
    typedef typename Addend<T>::type U;

    const Windows& windows;
    const View& item;
    const npy_intp* lengths;
    T* out;
    npy_intp channels, divisor;
    const T* from;

    void open(const npy_intp* window) {
        divisor = full_divisor<MODE>(windows, lengths, window);
        from = element_of<T>(item, windows.ndim, window);
    }

    void tap(const npy_intp* at) {
        T* __restrict to = out + flat_index(lengths, windows.ndim, at) * channels;
        const T* __restrict source = from;
        for (npy_intp i = 0; i < channels; ++i) {
            T share = MODE == Mode::SUM ? source[i] : quotient(source[i], divisor);
            to[i] = (T)((U)to[i] + (U)share);
        }
    }

    bool take(const npy_intp*) { return false; }

    void close() {}
};

// In these, channels are innermost, also in the output, whose memory goes through the other leading
// axes, the pooled ones, and the channels.
template <Mode MODE, typename T>
static void pool_channels(const Windows& windows, const View& x, T* out) {
    const int n = windows.ndim;
    npy_intp channels = x.shape[x.ndim - n - 1], outputs = channels;
    for (int i = 0; i < n; ++i) outputs *= windows.counts[i];
    Walk item(x, x.ndim - n - 1);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step(), out += outputs) {
        View images = x.trailing(n + 1, item.offset);
        SumChannels<MODE, T> sum = {windows, images, out, channels};
        sum.find_offsets();
        walk_windows(windows, images.shape + 1, sum);
    }
}

template <Mode MODE, typename T>
static void pool_input_grad_channels(
    const Windows& windows, const View& cotangent, const npy_intp* lengths, T* y
) {
    const int n = windows.ndim;
    npy_intp channels = cotangent.shape[cotangent.ndim - n - 1], size = channels;
    for (int i = 0; i < n; ++i) size *= lengths[i];
    Walk item(cotangent, cotangent.ndim - n - 1);
    for (npy_intp i = item.rounds(); i > 0; --i, item.step(), y += size) {
        memset(y, 0, size * sizeof(T));
        View images = cotangent.trailing(n + 1, item.offset);
        InputGradChannels<MODE, T> add_shares = {windows, images, lengths, y, channels};
        walk_windows(windows, lengths, add_shares);
    }
}

}  // namespace pytensor_unpool

#endif
