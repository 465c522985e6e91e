// Runs the C kernels on random arrays and windows and compares with naive loops, for a sanitizer or
// valgrind: ``fuzz_kernels ROUNDS SEED``. tests/sanitize/run builds and runs it.
#include <cstddef>

typedef std::ptrdiff_t npy_intp;

#include "errors.h"
#include "tuning.h"
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
#include "simd_wide.h"
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
        should_fit = should_fit && naive_holds(lengths[i], windows->axes[i], windows->partial);
    expect("whether windows fit", fits == should_fit);
    for (int i = 0; i < windows->ndim && fits; ++i) {
        npy_intp count = naive_count(lengths[i], windows->axes[i], windows->partial);
        expect("number of windows", windows->counts[i] == count);
    }
    return fits && should_fit;
}

#include "fuzz_max_pool.h"
#include "fuzz_pool.h"

template <typename T, typename P, typename A, typename B, typename C>
void fuzz_unrolled(Random& random, int ndim, A a, B b, C c) {
    typedef Unrolled<typename A::axis, typename B::axis, typename C::axis> Planes;
    const AxisWindows rows[3] = {a.row(), b.row(), c.row()};
    Windows windows = {ndim, random.one_in(2), {}, {}};
    for (int i = 0; i < ndim; ++i) windows.axes[i] = rows[3 - ndim + i];
    fuzz_max_pool<Planes, T, P>(random, windows, 45);
    fuzz_max_pool_channels<Planes, T, P>(random, windows);
    // Each mode takes seconds to compile: averages are fuzzed with windows of any kind.
    if constexpr (!std::is_same<T, Bool>::value)
        fuzz_pool<Planes, Mode::SUM, T>(random, windows, 45);
}

template <int WINDOW, int STRIDE, int BEFORE, int AFTER, int DILATION>
struct Numbers {
    typedef Axis<WINDOW, STRIDE, BEFORE, AFTER, DILATION> axis;
    static AxisWindows row() { return {WINDOW, STRIDE, BEFORE, AFTER, DILATION}; }
};

typedef Numbers<1, 1, 0, 0, 1> None;
typedef Numbers<2, 2, 0, 0, 1> Two;
typedef Numbers<3, 2, 1, 1, 1> Three;
typedef Numbers<4, 4, 0, 0, 1> Four;
typedef Numbers<5, 3, 1, 3, 1> Five;
typedef Numbers<3, 1, 2, 0, 2> Dilated;
typedef Numbers<2, 5, 1, 1, 1> Apart;
typedef Numbers<2, 4, 1, 2, 3> Holes;

#include "fuzz_max_pool_taps.h"

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
        AxisWindows axis = {random.between(1, 4), random.between(1, 4), 0, 0, random.between(1, 3)};
        npy_intp span = (axis.window - 1) * axis.dilation + 1;
        axis.before = random.below(span);
        axis.after = random.below(span);
        if (random.one_in(30)) axis.before = random.between(-1, span + 1);
        if (random.one_in(30)) axis.window = random.between(-1, 0);
        if (random.one_in(30)) axis.stride = random.between(-1, 0);
        if (random.one_in(30)) axis.dilation = random.between(-1, 0);
        windows.axes[i] = axis;
    }
    return windows;
}

#include "fuzz_max_pool_tied.h"
#include "fuzz_max_unpool.h"
#include "fuzz_neighbours.h"
#include "fuzz_conv.h"
#include "fuzz_helix.h"
#include "fuzz_upsampling.h"

// Every instance takes a second to compile, so each dtype meets some kernels only.
static void fuzz_everything(Random& random) {
    fuzz_common_windows<float, int64_t>(random);
    fuzz_common_windows<int8_t, int16_t>(random);
    fuzz_unrolled<double, int64_t>(random, 2, None(), Three(), Three());
    fuzz_unrolled<uint8_t, int32_t>(random, 2, None(), Two(), Two());
    fuzz_unrolled<int64_t, int64_t>(random, 2, None(), Two(), Two());
    fuzz_odd_windows<float>(random);
    fuzz_max_pool_taps<float>(random, 2, None(), Two(), Two());
    fuzz_max_pool_taps<double>(random, 1, None(), None(), Four());
    fuzz_max_pool_taps<int8_t>(random, 3, Apart(), Two(), Holes());
    fuzz_max_pool_taps<uint16_t>(random, 2, None(), Holes(), Apart());
    fuzz_max_pool<TapByTap, float, int64_t>(random, random_windows(random, 4), 12);
    fuzz_max_pool<TapByTap, int8_t, int16_t>(random, random_windows(random, 3), 12);
    fuzz_max_pool<TapByTap, uint64_t, int32_t>(random, random_windows(random, 2), 12);
    fuzz_positions<float, int64_t>(random);
    fuzz_positions<int8_t, uint8_t>(random);
    fuzz_max_unpool<LAST, true, double, int8_t>(random);
    fuzz_max_gather<true, false, int64_t, uint64_t>(random, 6);
    fuzz_max_unpool<ANY, false, Bool, int16_t>(random);
    fuzz_pool<TapByTap, Mode::AVERAGE_EXC_PAD, float>(random, random_windows(random, 4), 12);
    fuzz_pool<TapByTap, Mode::AVERAGE_INC_PAD, double>(random, random_windows(random, 3), 12);
    fuzz_pool<TapByTap, Mode::SUM, int32_t>(random, random_windows(random, 2), 12);
    fuzz_max_pool_tied<float, double>(random);
    fuzz_max_pool_tied<int8_t, float>(random);
    fuzz_conv<float>(random, 5, 90, false);
    fuzz_conv<float>(random, 4, 36, true);
    fuzz_helix<double>(random, 4);
    fuzz_helix<float>(random, 150);
    fuzz_upsampling<float>(random, random.one_in(9) ? 700 : 9);
    fuzz_neighbours<0, false, float>(random, random_windows(random, 3));
    fuzz_neighbours<0, true, int8_t>(random, random_windows(random, 3));
    fuzz_neighbours<3, false, double>(random, random_windows(random, 2));
    fuzz_neighbours<2, true, uint16_t>(random, random_windows(random, 3));
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
            npy_intp length = 5, *row = &windows.axes[0].window;
            row[which] = number;
            if (number > half) expect("a number too large", place_windows(&windows, &length).error);
        }
    }
    AxisWindows long_row = {half, 1, 0, 0, 1};
    Windows three = {3, true, {long_row, long_row, long_row}, {}};
    expect("too many taps", count_taps(three, &size).numbers[0] == TOO_MANY_TAPS);
    fuzz_max_gather<true, false, uint8_t, int32_t>(random, 3 * MARKS);
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
