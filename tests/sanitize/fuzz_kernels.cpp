// Runs the C kernels on random arrays and windows and compares with naive loops, for a sanitizer or
// valgrind: ``fuzz_kernels ROUNDS SEED``. tests/sanitize/run builds and runs it.
#include <cstddef>

typedef std::ptrdiff_t npy_intp;

#include "common.h"
#include "windows.h"
#include "max_pool_simd.h"
#include "unrolled.h"
#include "channels.h"
#include "max_pool.h"
#include "max_pool_taps.h"
#include "pool.h"
#include "pool_unrolled.h"
#include "pool_channels.h"
#include "max_unpool.h"
#include "max_pool_tied.h"
#include "neighbours.h"
#include "conv/microkernel.h"
#include "threads.h"

using namespace pytensor_unpool;

#include "arrays_and_loops.h"

typedef unsigned char Bool;

static Index random_shape(Random& random, int leading, int pooled, npy_intp last) {
    Index shape;
    for (int i = 0; i < leading; ++i) shape.push_back(random.one_in(8) ? 0 : random.between(1, 3));
    for (int i = 0; i < pooled - 1; ++i) shape.push_back(random.between(1, 7));
    shape.push_back(random.one_in(20) ? 0 : random.between(1, last));
    return shape;
}

static Index pooled_shape(const Windows& windows, Index shape) {
    for (int i = 0; i < windows.ndim; ++i)
        shape[shape.size() - windows.ndim + i] = windows.counts[i];
    return shape;
}

// Checks the windows, counts them, and says whether they fit.
static bool place(Windows* windows, const Index& shape) {
    const npy_intp* lengths = shape.data() + shape.size() - windows->ndim;
    bool fits = place_windows(windows, lengths).error == NULL, should_fit = true;
    for (int i = 0; i < windows->ndim; ++i)
        should_fit = should_fit && naive_holds(lengths[i], windows->rows[i], windows->partial);
    expect("whether windows fit", fits == should_fit);
    for (int i = 0; i < windows->ndim && fits; ++i) {
        npy_intp count = naive_count(lengths[i], windows->rows[i], windows->partial);
        expect("number of windows", windows->counts[i] == count);
    }
    return fits && should_fit;
}

template <typename T, typename P>
void compare_pooled(
    const Windows& windows, const Array<T>& x, const Array<T>& values, const Array<P>& positions
) {
    for_each_index(values.shape, [&](const Index& index) {
        T best = 0;
        npy_intp place = -1;
        naive_maximum(windows, x, index, &best, &place);
        expect_same("maximum", index, values.at(index), best);
        expect_same("its position", index, positions.at(index), (P)place);
    });
}

// Planes that are pooled one by one, with positions and without.
template <typename Planes, typename T, typename P>
void fuzz_pool(Random& random, Windows windows, npy_intp longest) {
    Index shape = random_shape(random, random.below(3), windows.ndim, longest);
    if (!place(&windows, shape)) return;
    Array<T> x(random, shape, random.one_in(3) ? READ_ONLY : CONTIGUOUS);
    x.fill([&] { return number<T>(random, random.one_in(2)); });
    Index outputs = pooled_shape(windows, shape);
    Array<T> values(random, outputs, CONTIGUOUS), alone(random, outputs, CONTIGUOUS);
    Array<P> positions(random, outputs, CONTIGUOUS);
    max_pool<Planes>(windows, x.view, values.data(), positions.data());
    compare_pooled(windows, x, values, positions);
    max_pool<Planes>(windows, x.view, alone.data(), Nowhere());
    for_each_index(outputs, [&](const Index& index) {
        expect_same("maximum without position", index, alone.at(index), values.at(index));
    });
}

// Channels that are neighbours in memory.
template <typename Planes, typename T, typename P>
void fuzz_channels(Random& random, Windows windows) {
    int leading = random.between(1, 2);
    Index shape = random_shape(random, leading, windows.ndim, 7);
    shape[leading - 1] = random.between(LANES, 3 * LANES);
    if (!place(&windows, shape)) return;
    Array<T> x(random, shape, random.one_in(4) ? STRIDED : CHANNELS_LAST, leading - 1);
    x.fill([&] { return number<T>(random, random.one_in(2)); });
    if (channel_axis(x.view, windows.ndim, sizeof(T)) != leading - 1) return;
    Index outputs = pooled_shape(windows, shape);
    Array<T> values(random, outputs, CHANNELS_LAST, leading - 1);
    Array<P> positions(random, outputs, CHANNELS_LAST, leading - 1);
    max_pool_channels<Planes>(windows, x.view, values.data(), positions.data());
    compare_pooled(windows, x, values, positions);
}

#include "fuzz_sums.h"

template <typename T, typename P, typename A, typename B, typename C>
void fuzz_unrolled(Random& random, int ndim, A a, B b, C c) {
    typedef Unrolled<typename A::axis, typename B::axis, typename C::axis> Planes;
    const Row rows[3] = {a.row(), b.row(), c.row()};
    Windows windows = {ndim, random.one_in(2), {}, {}};
    for (int i = 0; i < ndim; ++i) windows.rows[i] = rows[3 - ndim + i];
    fuzz_pool<Planes, T, P>(random, windows, 45);
    fuzz_channels<Planes, T, P>(random, windows);
    // Each mode takes seconds to compile: averages are fuzzed with windows of any kind.
    if constexpr (!std::is_same<T, Bool>::value)
        fuzz_sums<Planes, Mode::SUM, T>(random, windows, 45);
}

template <int WINDOW, int STRIDE, int BEFORE, int AFTER, int DILATION>
struct Numbers {
    typedef Axis<WINDOW, STRIDE, BEFORE, AFTER, DILATION> axis;
    static Row row() { return {WINDOW, STRIDE, BEFORE, AFTER, DILATION}; }
};

typedef Numbers<1, 1, 0, 0, 1> None;
typedef Numbers<2, 2, 0, 0, 1> Two;
typedef Numbers<3, 2, 1, 1, 1> Three;
typedef Numbers<4, 4, 0, 0, 1> Four;
typedef Numbers<5, 3, 1, 3, 1> Five;
typedef Numbers<3, 1, 2, 0, 2> Dilated;
typedef Numbers<2, 5, 1, 1, 1> Apart;
typedef Numbers<2, 4, 1, 2, 3> Holes;

#include "fuzz_taps.h"

template <typename T, typename P>
void fuzz_common_windows(Random& random) {
    fuzz_unrolled<T, P>(random, 2, None(), Two(), Two());
    fuzz_unrolled<T, P>(random, 2, None(), Three(), Three());
}

template <typename T>
void fuzz_odd_windows(Random& random) {
    fuzz_unrolled<T, int64_t>(random, 1, None(), None(), Four());
    fuzz_unrolled<T, int16_t>(random, 2, None(), Five(), Dilated());
    fuzz_unrolled<T, int64_t>(random, 2, None(), Apart(), Five());
    fuzz_unrolled<T, int32_t>(random, 3, Dilated(), Apart(), None());
    fuzz_unrolled<T, int64_t>(random, 3, Two(), Two(), Apart());
}

static Windows random_windows(Random& random, int most_axes) {
    Windows windows = {(int)random.between(1, most_axes), random.one_in(2), {}, {}};
    for (int i = 0; i < windows.ndim; ++i) {
        Row r = {random.between(1, 4), random.between(1, 4), 0, 0, random.between(1, 3)};
        npy_intp span = (r.window - 1) * r.dilation + 1;
        r.before = random.below(span);
        r.after = random.below(span);
        if (random.one_in(30)) r.before = random.between(-1, span + 1);
        if (random.one_in(30)) r.window = random.between(-1, 0);
        if (random.one_in(30)) r.stride = random.between(-1, 0);
        if (random.one_in(30)) r.dilation = random.between(-1, 0);
        windows.rows[i] = r;
    }
    return windows;
}

#include "fuzz_tied.h"

// Windows as rows of taps, with the last window's length known to the compiler or not, and back.
template <int WINDOW, bool WRAPS, typename T>
void fuzz_rows(Random& random, Windows windows) {
    if (WINDOW) windows.rows[windows.ndim - 1].window = WINDOW;
    Index shape = random_shape(random, random.below(3), windows.ndim, 12), lengths;
    if (!place(&windows, shape)) return;
    const int leading = (int)shape.size() - windows.ndim;
    for (int i = 0; i < windows.ndim; ++i) lengths.push_back(windows.rows[i].window);
    Index outputs = pooled_shape(windows, shape);
    npy_intp taps;
    expect("that taps are fine", !count_taps(windows, &taps).error);
    outputs.push_back(product(lengths, 0, lengths.size()));
    expect("number of taps", taps == outputs.back());
    Array<T> x(random, shape, READ_ONLY), moved(random, outputs, READ_ONLY);
    Array<T> rows(random, outputs, CONTIGUOUS), sums(random, shape, CONTIGUOUS);
    Array<T> wanted(random, shape, CONTIGUOUS);
    x.fill([&] { return number<T>(random, true); });
    moved.fill([&] { return number<T>(random, false); });
    wanted.fill([] { return 0; });
    windows_to_rows<WINDOW, WRAPS, T>(windows, x.view, rows.view);
    rows_to_windows<WINDOW, WRAPS, T>(windows, moved.view, sums.view);
    for_each_index(outputs, [&](const Index& index) {
        npy_intp tap = index.back();
        bool is_inside = true;
        Index at(index.begin(), index.end() - 1);
        for (int i = windows.ndim - 1; i >= 0; --i) {
            const Row& r = windows.rows[i];
            npy_intp length = shape[leading + i], &c = at[leading + i];
            c = c * r.stride - r.before + tap % r.window * r.dilation;
            tap /= r.window;
            if (WRAPS) c = (c % length + length) % length;
            is_inside = is_inside && c >= 0 && c < length;
        }
        expect_same("windows to rows", index, rows.at(index), is_inside ? x.at(at) : (T)0);
        if (is_inside) wanted.at(at) = (T)(wanted.at(at) + moved.at(index));
    });
    for_each_index(shape, [&](const Index& index) {
        expect_same("rows to windows", index, sums.at(index), wanted.at(index));
    });
}

// Fills in positions below `size`; says whether there is a bad one, and where the first of them is.
template <typename P>
bool fill_positions(
    Random& random, Array<P>* positions, npy_intp size, bool wraps, bool is_bad, Index* where
) {
    const npy_intp least = wraps && std::numeric_limits<P>::is_signed ? -size : 0;
    positions->fill([&] { return size > 0 ? random.between(least, size - 1) : 0; });
    if (is_bad && positions->view.size() > 0) {
        Index at;
        for (npy_intp length : positions->shape) at.push_back(random.below(length));
        const P bad[] = {(P)(least - 1), (P)size, std::numeric_limits<P>::max(),
                         std::numeric_limits<P>::lowest()};
        positions->at(at) = bad[random.below(4)];
    }
    bool found = false;
    for_each_index(positions->shape, [&](const Index& index) {
        int64_t place = (int64_t)positions->at(index);
        if (!found && (place < least || place >= size)) {
            *where = index;
            found = true;
        }
    });
    return found;
}

// Where the leading item of an index begins, in a contiguous array of items of `size` elements.
static npy_intp item_start(const Index& index, const Index& shape, int ndim, npy_intp size) {
    Index item(index.begin(), index.end() - ndim), leading(shape.begin(), shape.end() - ndim);
    return flat(item, leading, (int)leading.size()) * size;
}

template <Duplicates DUPLICATES, bool WRAPS, typename T, typename P>
void fuzz_unpool(Random& random) {
    int ndim = (int)random.between(1, 3);
    Index shape = random_shape(random, random.below(3), ndim, 12), full = shape, lengths;
    for (int i = 0; i < ndim; ++i) lengths.push_back(random.between(random.one_in(9) ? 0 : 1, 5));
    std::copy(lengths.begin(), lengths.end(), full.end() - ndim);
    npy_intp size = -1;
    expect("that lengths are fine", !plane_size(lengths.data(), ndim, &size).error);
    expect("size of a plane", size == product(lengths, 0, ndim));
    Array<T> values(random, shape, random.one_in(2) ? READ_ONLY : CONTIGUOUS);
    Array<P> positions(random, shape, random.one_in(2) ? READ_ONLY : CONTIGUOUS);
    values.fill([&] { return DUPLICATES == ANY ? random.below(2) : number<T>(random, false); });
    Index bad;
    bool is_bad = fill_positions(random, &positions, size, WRAPS, random.one_in(4), &bad);
    Array<T> y(random, full, CONTIGUOUS), wanted(random, full, CONTIGUOUS);
    Problem problem =
        max_unpool<DUPLICATES, WRAPS, T, P>(values.view, positions.view, ndim, size, y.data());
    expect("whether a position is bad", is_bad == (problem.error != NULL));
    if (is_bad) expect("the first bad one", problem.numbers[0] == (int64_t)positions.at(bad));
    if (is_bad || problem.error) return;
    wanted.fill([] { return 0; });
    for_each_index(shape, [&](const Index& index) {
        npy_intp place = (npy_intp)positions.at(index);
        place += item_start(index, shape, ndim, size) + (place < 0 ? size : 0);
        T element = values.at(index), before = wanted.data()[place];
        if (DUPLICATES == SUM) element = (T)(element + before);
        if (DUPLICATES == ANY) element = element || before;
        wanted.data()[place] = element;
    });
    for_each_index(full, [&](const Index& index) {
        expect_same("unpool", index, y.at(index), wanted.at(index));
    });
}

template <bool ONLY_LAST, bool WRAPS, typename T, typename P>
void fuzz_gather(Random& random, npy_intp longest) {
    int ndim = (int)random.between(1, 3);
    Index x_shape = random_shape(random, random.below(3), ndim, longest), shape = x_shape;
    if (random.one_in(9)) x_shape.back() = 0;
    for (int i = 0; i < ndim; ++i) shape[shape.size() - 1 - i] = random.between(1, 6);
    npy_intp size = product(x_shape, x_shape.size() - ndim, x_shape.size());
    Array<T> x(random, x_shape, random.one_in(2) ? READ_ONLY : CONTIGUOUS);
    Array<T> y(random, shape, random.one_in(2) ? STRIDED : CONTIGUOUS);
    Array<P> positions(random, shape, READ_ONLY);
    x.fill([&] { return number<T>(random, true); });
    Index bad;
    bool is_bad = fill_positions(random, &positions, size, WRAPS, random.one_in(4), &bad);
    Problem problem = max_gather<ONLY_LAST, WRAPS, T, P>(
        x.view, positions.view, ndim, y.view);
    expect("whether a position is bad", is_bad == (problem.error != NULL));
    if (is_bad || problem.error) return;
    for_each_index(shape, [&](const Index& index) {
        if (positions.at(index) < 0) positions.at(index) += size;
    });
    for_each_index(shape, [&](const Index& index) {
        bool is_last = true;
        for_each_index(shape, [&](const Index& other) {
            is_last = is_last && !(other > index && positions.at(other) == positions.at(index) &&
                                   item_start(other, shape, ndim, 1) ==
                                       item_start(index, shape, ndim, 1));
        });
        npy_intp place = (npy_intp)positions.at(index);
        Index at(index);
        for (int i = (int)at.size() - 1; i >= (int)at.size() - ndim; --i) {
            at[i] = place % x_shape[i];
            place /= x_shape[i];
        }
        T wanted = ONLY_LAST && !is_last ? (T)0 : x.at(at);
        expect_same("gather", index, y.at(index), wanted);
    });
}

template <typename T, typename P>
void fuzz_positions(Random& random) {
    fuzz_unpool<LAST, false, T, P>(random);
    fuzz_unpool<SUM, true, T, P>(random);
    fuzz_gather<true, true, T, P>(random, 6);
    fuzz_gather<false, false, T, P>(random, 6);
}

#include "fuzz_conv.h"
#include "fuzz_helix.h"
#include "fuzz_interpolation.h"

// Every instance takes a second to compile, so each dtype meets some kernels only.
static void fuzz_everything(Random& random) {
    fuzz_common_windows<float, int64_t>(random);
    fuzz_common_windows<int8_t, int16_t>(random);
    fuzz_unrolled<double, int64_t>(random, 2, None(), Three(), Three());
    fuzz_unrolled<uint8_t, int32_t>(random, 2, None(), Two(), Two());
    fuzz_unrolled<int64_t, int64_t>(random, 2, None(), Two(), Two());
    fuzz_odd_windows<float>(random);
    fuzz_taps<float>(random, 2, None(), Two(), Two());
    fuzz_taps<double>(random, 1, None(), None(), Four());
    fuzz_taps<int8_t>(random, 3, Apart(), Two(), Holes());
    fuzz_taps<uint16_t>(random, 2, None(), Holes(), Apart());
    fuzz_pool<TapByTap, float, int64_t>(random, random_windows(random, 4), 12);
    fuzz_pool<TapByTap, int8_t, int16_t>(random, random_windows(random, 3), 12);
    fuzz_pool<TapByTap, uint64_t, int32_t>(random, random_windows(random, 2), 12);
    fuzz_positions<float, int64_t>(random);
    fuzz_positions<int8_t, uint8_t>(random);
    fuzz_unpool<LAST, true, double, int8_t>(random);
    fuzz_gather<true, false, int64_t, uint64_t>(random, 6);
    fuzz_unpool<ANY, false, Bool, int16_t>(random);
    fuzz_sums<TapByTap, Mode::AVERAGE_EXC_PAD, float>(random, random_windows(random, 4), 12);
    fuzz_sums<TapByTap, Mode::AVERAGE_INC_PAD, double>(random, random_windows(random, 3), 12);
    fuzz_sums<TapByTap, Mode::SUM, int32_t>(random, random_windows(random, 2), 12);
    fuzz_tied<float, double>(random);
    fuzz_tied<int8_t, float>(random);
    fuzz_conv<float>(random, 5, 90, false);
    fuzz_conv<float>(random, 4, 36, true);
    fuzz_helix<double>(random, 4);
    fuzz_helix<float>(random, 150);
    fuzz_interpolation<float>(random, random.one_in(9) ? 700 : 9);
    fuzz_rows<0, false, float>(random, random_windows(random, 3));
    fuzz_rows<0, true, int8_t>(random, random_windows(random, 3));
    fuzz_rows<3, false, double>(random, random_windows(random, 2));
    fuzz_rows<2, true, uint16_t>(random, random_windows(random, 3));
}

// Lengths that multiply beyond an index, and planes with more elements than there are marks.
static void try_large_numbers(Random& random) {
    npy_intp size;
    const npy_intp large[] = {npy_intp(1) << 40, npy_intp(1) << 40}, negative[] = {3, -1};
    expect("too many elements", plane_size(large, 2, &size).numbers[0] == TOO_MANY_ELEMENTS);
    expect("negative length", plane_size(negative, 2, &size).numbers[0] == NEGATIVE_LENGTH);
    const npy_intp largest = std::numeric_limits<npy_intp>::max(), half = 2147483647;
    for (npy_intp number : {largest, largest / 2 + 3, half + 1, half}) {
        for (int which = 0; which < 5; ++which) {
            Windows windows = {1, true, {{2, 1, 0, 0, 1}}, {}};
            npy_intp length = 5, *row = &windows.rows[0].window;
            row[which] = number;
            if (number > half) expect("a number too large", place_windows(&windows, &length).error);
        }
    }
    Row long_row = {half, 1, 0, 0, 1};
    Windows three = {3, true, {long_row, long_row, long_row}, {}};
    expect("too many taps", count_taps(three, &size).numbers[0] == TOO_MANY_TAPS);
    fuzz_gather<true, false, uint8_t, int32_t>(random, 3 * MARKS);
}

int main(int argc, char** argv) {
    long rounds = argc > 1 ? atol(argv[1]) : 100, seed = argc > 2 ? atol(argv[2]) : 0;
    Random random = {std::mt19937_64((uint64_t)seed)};
    for (long round = 0; round < rounds && failures < 20; ++round) {
        fuzz_everything(random);
        if (round % 500 == 0) try_large_numbers(random);
    }
    printf("%ld rounds from seed %ld: %ld differences\n", rounds, seed, failures);
    return failures > 0;
}
