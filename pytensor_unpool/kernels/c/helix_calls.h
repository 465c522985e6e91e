// Convolution by SciPy's transforms, from C: a call of Python.
#ifndef PYTENSOR_UNPOOL_HELIX_CALLS_H
#define PYTENSOR_UNPOOL_HELIX_CALLS_H

namespace pytensor_unpool {

// Read where a window begins on each axis, when its lengths are known.
static Problem read_starts(PyArrayObject* starts, Helix* helix) {
    if (PyArray_DIMS(starts)[0] != helix->ndim)
        return length_problem(WRONG_STARTS, 0, PyArray_DIMS(starts)[0], helix->ndim);
    for (int i = 0; i < helix->ndim; ++i)
        helix->starts[i] = nearest_start(
            *(npy_int64*)PyArray_GETPTR1(starts, i), helix->lengths[i], helix->taps[i],
            helix->outputs[i]
        );
    return NONE;
}

// Let Python write the window to y; return whether it raised nothing.
static bool helix_by_transforms(
    const Helix& helix, PyArrayObject* x, PyArrayObject* kernel, PyArrayObject* y, int turned
) {
    PyObject* starts = PyTuple_New(helix.ndim);
    for (int i = 0; starts && i < helix.ndim; ++i)
        PyTuple_SET_ITEM(starts, i, PyLong_FromSsize_t(helix.starts[i]));
    PyObject* module = PyImport_ImportModule("pytensor_unpool.kernels.scipy.helix");
    PyObject* done = starts && module ? PyObject_CallMethod(
        module, "convolve_by_transforms", "OOOOi", (PyObject*)x, (PyObject*)kernel, starts,
        (PyObject*)y, turned
    ) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(starts);
    Py_XDECREF(done);
    return done != NULL;
}

}  // namespace pytensor_unpool

#endif
