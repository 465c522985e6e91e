// Un-pooling to positions and gathering from them on random arrays; part of fuzz_kernels.cpp.
#ifndef FUZZ_MAX_UNPOOL_H
#define FUZZ_MAX_UNPOOL_H

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
void fuzz_max_unpool(Random& random) {
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
void fuzz_max_gather(Random& random, npy_intp longest) {
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
    fuzz_max_unpool<LAST, false, T, P>(random);
    fuzz_max_unpool<SUM, true, T, P>(random);
    fuzz_max_gather<true, true, T, P>(random, 6);
    fuzz_max_gather<false, false, T, P>(random, 6);
}

#endif
