// Work in parts, one for each OpenMP thread if compiled with OpenMP.
#ifndef PYTENSOR_UNPOOL_THREADS_H
#define PYTENSOR_UNPOOL_THREADS_H

#ifdef _OPENMP
#include <omp.h>
#endif

namespace pytensor_unpool {

static inline npy_intp most_threads() {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

// Call ``run(first, number)`` for parts of `items` of about equal size; whether all returned true.
template <typename Run>
static bool in_parallel(npy_intp items, const Run& run) {
    const npy_intp parts = at_least(1, at_most(items, most_threads()));
    if (parts == 1) return run(0, items);
    bool is_done = true;
#ifdef _OPENMP
#pragma omp parallel for num_threads(parts) reduction(&& : is_done)
#endif
    for (npy_intp i = 0; i < parts; ++i) {
        const npy_intp first = items * i / parts;
        is_done = run(first, items * (i + 1) / parts - first) && is_done;
    }
    return is_done;
}

}  // namespace pytensor_unpool

#endif
