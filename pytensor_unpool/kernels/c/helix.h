// Convolution of any number of axes by sums of products. As in kernels/numba.
//
// The larger array is copied to strips, one for each element of its outer axes, with zeros between
// their rows. A tap reads a strip at a fixed distance, wherever it is: a strip of sums is a short
// product of a vector and a matrix, or, where the window is the smallest of the three arrays, each
// of its elements is a sum of products of strips.
#ifndef PYTENSOR_UNPOOL_HELIX_H
#define PYTENSOR_UNPOOL_HELIX_H

namespace pytensor_unpool {

enum HelixMode { MODE_FULL, MODE_SAME, MODE_VALID, MODE_WINDOW };
enum HelixMethod { METHOD_AUTO, METHOD_DIRECT, METHOD_FFT };

// How far apart the rows of a strip are, or how long a ring is.
static inline npy_intp row_length(npy_intp length, npy_intp taps, npy_intp start, npy_intp outputs) {
    const npy_intp gap = at_least(at_least(taps - 1 - start, outputs + start - length), 0);
    return at_least(at_least(length + gap, outputs), taps);
}

// Where a window with the same elements begins: see geometry/helix.py.
static inline npy_intp nearest_start(
    npy_intp start, npy_intp length, npy_intp taps, npy_intp outputs
) {
    return at_most(at_least(start, -outputs), length + taps - 1);
}

// A window of the whole convolution of the last axes of x and kernel.
struct Helix {
    int ndim;
    npy_intp items;
    npy_intp lengths[MOST_AXES], taps[MOST_AXES], starts[MOST_AXES], outputs[MOST_AXES];

    npy_intp size(const npy_intp* counts) const {
        npy_intp product = 1;
        for (int i = 0; i < ndim; ++i) product *= counts[i];
        return product;
    }

    // Check the shapes, and place the window that a mode stands for.
    Problem measure(const View& x, const View& kernel, int mode) {
        items = 1;
        for (int i = 0; i < x.ndim - ndim; ++i) {
            items *= x.shape[i];
            if (kernel.ndim > ndim && kernel.shape[i] != x.shape[i])
                return length_problem(WRONG_BATCH, i - x.ndim, kernel.shape[i], x.shape[i]);
        }
        bool is_longer = false, is_shorter = false;
        for (int i = 0; i < ndim; ++i) {
            const npy_intp n = lengths[i] = x.shape[x.ndim - ndim + i];
            const npy_intp m = taps[i] = kernel.shape[kernel.ndim - ndim + i];
            if (n == 0 || m == 0) return length_problem(EMPTY_HELIX, i - ndim, 0, 1);
            is_longer |= m > n;
            is_shorter |= m < n;
            if (mode == MODE_VALID && is_longer && is_shorter)
                return length_problem(KERNEL_NOT_INSIDE, i - ndim, m, n);
            if (mode == MODE_WINDOW) continue;
            const npy_intp shorter = at_most(n, m);
            starts[i] = mode == MODE_FULL ? 0 : mode == MODE_SAME ? (m - 1) / 2 : shorter - 1;
            outputs[i] = mode == MODE_SAME ? n : n + m - (mode == MODE_FULL ? 1 : 2 * shorter - 1);
        }
        return NONE;
    }

    // Whether sums of products are likely to be faster than transforms.
    bool is_direct(int method) const {
        if (method != METHOD_AUTO) return method == METHOD_DIRECT;
        const npy_intp elements = size(lengths), factors = size(taps), window = size(outputs);
        const double largest = (double)at_least(at_least(elements, factors), at_least(window, 1));
        npy_intp ring = 1, digits = 1;
        for (int i = 0; i < ndim; ++i)
            ring *= row_length(lengths[i], taps[i], starts[i], outputs[i]);
        for (npy_intp rest = ring; rest > 1; rest /= 2) ++digits;
        const double products = (double)elements * factors * window / largest;
        const double steps = (double)items * ring * digits;
        return items * products < steps * PRODUCTS_OF_STEP + PRODUCTS_OF_CALL;
    }
};


// Memory of zeros, or NULL.
template <typename T>
struct Zeros {
    T* data;
    explicit Zeros(npy_intp number) : data((T*)calloc(at_least(number, 1), sizeof(T))) {}
    ~Zeros() { free(data); }
    Zeros(const Zeros&) = delete;
};

// Step to the next index of the axes from `begin` to before `end`, in C order.
static inline void advance(npy_intp* index, const npy_intp* lengths, int begin, int end) {
    for (int i = end - 1; i >= begin; --i) {
        if (++index[i] < lengths[i]) return;
        index[i] = 0;
    }
}

template <typename T>
static void copy_in_order(const View& from, T* to) {
    Walk walk(from, from.ndim);
    for (npy_intp i = walk.rounds(); i > 0; --i, walk.step())
        memcpy(to++, from.data + walk.offset, sizeof(T));
}

// Sums of all weights times what their taps read, for VECTORS vectors of a strip.
template <int VECTORS, typename T>
static void multiply_strip(
    const T* weights, const npy_intp* offsets, npy_intp terms, const T* source, T* sums
) {
    typedef typename Wide<T>::type V;
    V totals[VECTORS] = {};
    for (npy_intp k = 0; k < terms; ++k) {
        const T* from = source + offsets[k];
#pragma GCC unroll WIDE_STRIP_TILE
        for (int v = 0; v < VECTORS; ++v)
            totals[v] += weights[k] * Wide<T>::load(from + v * Wide<T>::lanes);
    }
    memcpy(sums, totals, sizeof totals);
}

// The strips of one item, and where taps read on them.
template <typename T>
struct Strips {
    static constexpr npy_intp lanes = Wide<T>::lanes;

    int ndim, outer;  // all axes, and those that are not wound up
    npy_intp lengths[MOST_AXES], strip[MOST_AXES], taps[MOST_AXES], shifts[MOST_AXES];
    npy_intp steps[MOST_AXES], pitch, padded, strips, inner_taps, all_taps;
    bool sums_up;

    // Wind up the last axes until strips are long enough.
    void wind() {
        npy_intp long_enough = 1, step = 1, used = 1;
        strips = inner_taps = all_taps = pitch = 1;
        outer = ndim;
        while (outer > 0 && long_enough < SHORTEST_STRIP) {
            const int i = --outer;
            steps[i] = step;
            long_enough *= strip[i];
            pitch += (strip[i] + taps[i] - 2) * step;
            used += (strip[i] - 1) * step;
            inner_taps *= taps[i];
            step *= row_length(lengths[i], taps[i], shifts[i] + taps[i] - 1, strip[i]);
        }
        for (int i = 0; i < outer; ++i) strips *= lengths[i];
        for (int i = 0; i < ndim; ++i) all_taps *= taps[i];
        padded = ceil_divide(used, lanes) * lanes;
    }

    npy_intp wound_size() const { return strips * pitch + padded + WIDE_STRIP_TILE * lanes; }

    void wind_source(const T* source, T* wound) const {
        npy_intp index[MOST_AXES] = {0}, rows = 1;
        const int last = ndim - 1;
        for (int i = 0; i < last; ++i) rows *= lengths[i];
        const npy_intp begin = at_least(0, shifts[last]);
        const npy_intp end = at_most(lengths[last], strip[last] + taps[last] - 1 + shifts[last]);
        for (npy_intp row = 0; row < rows; ++row, advance(index, lengths, 0, last)) {
            npy_intp number = 0, place = begin - shifts[last];
            bool is_read = end > begin;
            for (int i = 0; i < last; ++i) {
                const npy_intp at = index[i] - shifts[i];
                if (i < outer) number = number * lengths[i] + index[i];
                else {
                    is_read &= at >= 0 && at < strip[i] + taps[i] - 1;
                    place += at * steps[i];
                }
            }
            if (is_read)
                memcpy(wound + number * pitch + place, source + row * lengths[last] + begin,
                       (end - begin) * sizeof(T));
        }
    }

    void find_inner_offsets(npy_intp* offsets) const {
        npy_intp index[MOST_AXES] = {0};
        for (npy_intp tap = 0; tap < inner_taps; ++tap, advance(index, taps, outer, ndim)) {
            offsets[tap] = 0;
            for (int i = outer; i < ndim; ++i) offsets[tap] += index[i] * steps[i];
        }
    }

    // List where taps read for a strip of sums, and which they are; return how many.
    npy_intp list_taps(
        const npy_intp* index, const npy_intp* inner_offsets, npy_intp* offsets, npy_intp* places
    ) const {
        npy_intp tap[MOST_AXES] = {0}, terms = 0;
        for (npy_intp n = 0; n < all_taps; n += inner_taps, advance(tap, taps, 0, outer)) {
            npy_intp number = 0;
            bool is_inside = true;
            for (int i = 0; i < outer; ++i) {
                const npy_intp at = index[i] + tap[i] + shifts[i];
                is_inside &= at >= 0 && at < lengths[i];
                number = number * lengths[i] + at;
            }
            if (!is_inside) continue;
            for (npy_intp i = 0; i < inner_taps; ++i, ++terms) {
                offsets[terms] = number * pitch + inner_offsets[i];
                places[terms] = n + i;
            }
        }
        return terms;
    }

    // Copy the rows of a strip from there to the array, or else from the array.
    void move_rows(T* array, T* sums, bool to_array) const {
        npy_intp index[MOST_AXES] = {0}, rows = 1;
        const npy_intp length = strip[ndim - 1];
        for (int i = outer; i < ndim - 1; ++i) rows *= strip[i];
        for (npy_intp row = 0; row < rows; ++row, array += length) {
            npy_intp place = 0;
            for (int i = outer; i < ndim - 1; ++i) place += index[i] * steps[i];
            if (to_array) memcpy(array, sums + place, length * sizeof(T));
            else memcpy(sums + place, array, length * sizeof(T));
            advance(index, strip, outer, ndim - 1);
        }
    }

    void multiply(
        const T* weights, const npy_intp* offsets, npy_intp terms, const T* source, T* sums
    ) const {
        const npy_intp vectors = padded / lanes;
        // Choose the tiles that compute least beyond the end.
        const npy_intp smaller[] = {MIDDLE_STRIP_TILE, NARROW_STRIP_TILE};
        npy_intp tile = WIDE_STRIP_TILE;
        for (npy_intp other : smaller)
            if (ceil_divide(vectors, other) * other < ceil_divide(vectors, tile) * tile) tile = other;
        const auto run = tile == WIDE_STRIP_TILE     ? multiply_strip<WIDE_STRIP_TILE, T>
                         : tile == MIDDLE_STRIP_TILE ? multiply_strip<MIDDLE_STRIP_TILE, T>
                                                     : multiply_strip<NARROW_STRIP_TILE, T>;
        for (npy_intp v = 0; v < vectors; v += tile)
            run(weights, offsets, terms, source + v * lanes, sums + v * lanes);
    }

    // Add to each element of y the sum of the products of a strip with what its tap reads.
    void add_up(
        const T* factors, const T* source, const npy_intp* offsets, const npy_intp* places,
        npy_intp terms, T* y
    ) const {
        typedef typename Wide<T>::type V;
        const npy_intp block = 128 * lanes;
        for (npy_intp first = 0; first < padded; first += block)
            for (npy_intp term = 0; term < terms; term += 4) {
                // Fewer than four are filled up with the last one, which is not added.
                const T* from[4];
                for (int k = 0; k < 4; ++k) from[k] = source + offsets[at_most(term + k, terms - 1)];
                V sums[4] = {};
                for (npy_intp i = first; i < at_most(first + block, padded); i += lanes) {
                    const V factor = Wide<T>::load(factors + i);
#pragma GCC unroll 4
                    for (int k = 0; k < 4; ++k) sums[k] += factor * Wide<T>::load(from[k] + i);
                }
                for (npy_intp k = 0; k < at_most(4, terms - term); ++k)
                    for (npy_intp lane = 0; lane < lanes; ++lane)
                        y[places[term + k]] += sums[k][lane];
            }
    }

    // Convolve one item; `turned` has the last tap first. Return whether there is memory for it.
    bool convolve(const T* source, T* turned, T* y) const {
        Zeros<T> wound(wound_size()), sums(padded + WIDE_STRIP_TILE * lanes), weights(all_taps);
        Zeros<npy_intp> inner_offsets(inner_taps), offsets(all_taps), places(all_taps);
        if (!wound.data || !sums.data || !weights.data || !inner_offsets.data || !offsets.data ||
            !places.data)
            return false;
        wind_source(source, wound.data);
        find_inner_offsets(inner_offsets.data);
        npy_intp index[MOST_AXES] = {0}, rounds = 1, rows = 1;
        for (int i = 0; i < outer; ++i) rounds *= strip[i];
        for (int i = outer; i < ndim; ++i) rows *= strip[i];
        if (sums_up) memset(y, 0, all_taps * sizeof(T));
        for (npy_intp number = 0; number < rounds; ++number, advance(index, strip, 0, outer)) {
            const npy_intp terms =
                list_taps(index, inner_offsets.data, offsets.data, places.data);
            if (sums_up) {
                move_rows(turned + number * rows, sums.data, false);
                add_up(sums.data, wound.data, offsets.data, places.data, terms, y);
                continue;
            }
            for (npy_intp k = 0; k < terms; ++k) weights.data[k] = turned[places.data[k]];
            multiply(weights.data, offsets.data, terms, wound.data, sums.data);
            move_rows(y + number * rows, sums.data, true);
        }
        return true;
    }
};

// Write a window of the convolution of arrays in C order; return whether there was memory for it.
template <typename T>
static bool helix_by_products(const Helix& helix, const View& x, const View& kernel, T* y) {
    const npy_intp elements = helix.size(helix.lengths), taps = helix.size(helix.taps);
    const npy_intp outputs = helix.size(helix.outputs);
    if (helix.items == 0 || outputs == 0) return true;
    Strips<T> strips;
    strips.ndim = helix.ndim;
    const bool swaps = taps > elements;
    strips.sums_up = at_most(elements, taps) > outputs;
    for (int i = 0; i < helix.ndim; ++i) {
        const npy_intp shorter = swaps ? helix.lengths[i] : helix.taps[i];
        strips.lengths[i] = swaps ? helix.taps[i] : helix.lengths[i];
        strips.shifts[i] = helix.starts[i] - shorter + 1;
        strips.strip[i] = strips.sums_up ? shorter : helix.outputs[i];
        strips.taps[i] = strips.sums_up ? helix.outputs[i] : shorter;
    }
    strips.wind();
    const npy_intp kernel_step = kernel.ndim > helix.ndim ? taps : 0;
    Zeros<T> all(helix.items * elements), weights(kernel_step ? helix.items * taps : taps);
    Zeros<T> turned(at_least(elements, taps));
    if (!all.data || !weights.data || !turned.data) return false;
    copy_in_order(x, all.data);
    copy_in_order(kernel, weights.data);
    for (npy_intp item = 0; item < helix.items; ++item) {
        const T *source = all.data + item * elements, *smaller = weights.data + item * kernel_step;
        const npy_intp number = swaps ? elements : taps;
        if (swaps) {
            const T* larger = smaller;
            smaller = source;
            source = larger;
        }
        for (npy_intp i = 0; i < number; ++i) turned.data[i] = smaller[number - 1 - i];
        if (!strips.convolve(source, turned.data, y + item * outputs)) return false;
    }
    return true;
}

}  // namespace pytensor_unpool

#endif
