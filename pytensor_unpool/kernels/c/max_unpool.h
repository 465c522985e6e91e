// Un-pooling and its transpose. Every position is checked before it is used.
#ifndef PYTENSOR_UNPOOL_MAX_UNPOOL_H
#define PYTENSOR_UNPOOL_MAX_UNPOOL_H

namespace pytensor_unpool {

// What to do where positions repeat. Booleans add up to a boolean.
enum Duplicates { LAST, SUM, ANY };

// The flat index of the element at a position; outside the plane where there is none. With WRAPS,
// negative positions count from the end.
template <bool WRAPS>
static inline int64_t wrap_position(int64_t position, npy_intp size) {
    // A negative position is a huge one without a sign, and small again with the size added.
    const bool is_inside = (uint64_t)position < (uint64_t)size;
    if (!WRAPS || is_inside || position >= 0) return position;
    return position < -size ? position : position + size;
}

// Write the values of every leading item into `y`, whose items have `size` elements each.
template <Duplicates DUPLICATES, bool WRAPS, typename T, typename P>
static Problem max_unpool(
    const View& values, const View& positions, int ndim, npy_intp size, T* y
) {
    // Contiguous items are one line each.
    const int leading = values.ndim - ndim;
    const bool is_flat = values.trailing(ndim, 0).is_contiguous(sizeof(T)) &&
                         positions.trailing(ndim, 0).is_contiguous(sizeof(P));
    const int inner = is_flat ? leading : values.ndim - 1;
    npy_intp length = 1;
    for (int i = inner; i < values.ndim; ++i) length *= values.shape[i];
    const npy_intp value_step = is_flat ? sizeof(T) : values.strides[inner];
    const npy_intp position_step = is_flat ? sizeof(P) : positions.strides[inner];
    Walk value(values, inner), position(positions, inner);
    npy_intp items = 1, lines_per_item = 1;
    for (int i = 0; i < leading; ++i) items *= values.shape[i];
    for (int i = leading; i < inner; ++i) lines_per_item *= values.shape[i];
    for (npy_intp item = 0; item < items; ++item, y += size) {
        memset(y, 0, size * sizeof(T));
        for (npy_intp line = 0; line < lines_per_item; ++line, value.step(), position.step()) {
            const char* from = values.data + value.offset;
            const char* where = positions.data + position.offset;
            for (npy_intp i = 0; i < length; ++i, from += value_step, where += position_step) {
                int64_t place = wrap_position<WRAPS>(*(const P*)where, size);
                if ((uint64_t)place >= (uint64_t)size) return position_problem(place, size);
                T element = *(const T*)from;
                if (DUPLICATES == SUM) element += y[place];
                if (DUPLICATES == ANY) element = element || y[place];
                y[place] = element;
            }
        }
    }
    return NONE;
}

// The same for values and positions with channels innermost, as are those of `y`.
template <Duplicates DUPLICATES, bool WRAPS, typename T, typename P>
static Problem max_unpool_channels(
    const View& values, const View& positions, int ndim, npy_intp size, T* y
) {
    const int leading = values.ndim - ndim - 1;
    const npy_intp channels = values.shape[leading];
    Walk item(values, leading), item_positions(positions, leading);
    for (npy_intp i = item.rounds(); i > 0;
         --i, item.step(), item_positions.step(), y += size * channels) {
        memset(y, 0, size * channels * sizeof(T));
        View from = values.trailing(ndim, item.offset);
        View where = positions.trailing(ndim, item_positions.offset);
        Walk value(from, ndim), position(where, ndim);
        for (npy_intp w = value.rounds(); w > 0; --w, value.step(), position.step()) {
            const T* elements = (const T*)(from.data + value.offset);
            const P* places = (const P*)(where.data + position.offset);
            for (npy_intp c = 0; c < channels; ++c) {
                int64_t place = wrap_position<WRAPS>(places[c], size);
                if ((uint64_t)place >= (uint64_t)size) return position_problem(place, size);
                T element = elements[c], before = y[place * channels + c];
                if (DUPLICATES == SUM) element += before;
                if (DUPLICATES == ANY) element = element || before;
                y[place * channels + c] = element;
            }
        }
    }
    return NONE;
}

// The element of a plane at a flat index.
template <typename T>
static inline T element_at(const View& plane, npy_intp place) {
    npy_intp offset = 0;
    for (int i = plane.ndim - 1; i >= 0; --i) {
        offset += place % plane.shape[i] * plane.strides[i];
        place /= plane.shape[i];
    }
    return *(const T*)(plane.data + offset);
}

// Read one leading item. `seen` has `marks` bytes, or is NULL where duplicates all read. "last"
// goes backwards and takes what it has not seen yet: it marks the positions of one part of the
// plane after the other, as many as there are marks.
template <bool WRAPS, typename T, typename P>
static Problem gather_item(
    const View& plane, const View& positions, const View& target, char* seen, npy_intp marks
) {
    const bool is_contiguous = plane.is_contiguous(sizeof(T));
    const npy_intp size = plane.size();
    const int inner = target.ndim - 1;
    for (npy_intp begin = 0; begin == 0 || (seen && begin < size); begin += marks) {
        if (seen) memset(seen, 0, marks);
        Walk to(target, inner), from(positions, inner);
        for (npy_intp lines = to.rounds(); lines > 0; --lines, to.step(), from.step()) {
            char* out = target.data + to.offset;
            const char* where = positions.data + from.offset;
            for (npy_intp i = 0; i < target.shape[inner]; ++i) {
                int64_t place = wrap_position<WRAPS>(*(const P*)where, size);
                if ((uint64_t)place >= (uint64_t)size) return position_problem(place, size);
                T element = is_contiguous ? ((const T*)plane.data)[place]
                                          : element_at<T>(plane, place);
                if (!seen) {
                    *(T*)out = element;
                } else if (place >= begin && place - begin < marks) {
                    *(T*)out = seen[place - begin] ? (T)0 : element;
                    seen[place - begin] = 1;
                }
                out += target.strides[inner];
                where += positions.strides[inner];
            }
        }
    }
    return NONE;
}

// Read the elements of every leading item of x at its positions into `y`, a view of their shape.
template <bool ONLY_LAST, bool WRAPS, typename T, typename P>
static Problem max_gather(const View& x, const View& positions, int ndim, const View& y) {
    Walk item(x, x.ndim - ndim), place(positions, x.ndim - ndim), target(y, x.ndim - ndim);
    npy_intp marks = at_least(1, at_most(MARKS, x.trailing(ndim, 0).size()));
    char* seen = ONLY_LAST ? (char*)malloc(marks) : NULL;
    if (ONLY_LAST && !seen) {
        Problem problem = {"MemoryError", {0}};
        return problem;
    }
    Problem problem = NONE;
    npy_intp items = item.rounds();
    for (; items > 0 && !problem.error; --items, item.step(), place.step(), target.step()) {
        View where = positions.trailing(ndim, place.offset), to = y.trailing(ndim, target.offset);
        problem = gather_item<WRAPS, T, P>(
            x.trailing(ndim, item.offset), ONLY_LAST ? where.turned(where.ndim) : where,
            ONLY_LAST ? to.turned(to.ndim) : to, seen, marks
        );
    }
    free(seen);
    return problem;
}

}  // namespace pytensor_unpool

#endif
