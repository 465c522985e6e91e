// Between NumPy's arrays and the kernels' views.
#ifndef PYTENSOR_UNPOOL_ARRAYS_H
#define PYTENSOR_UNPOOL_ARRAYS_H

namespace pytensor_unpool {

static View view_of(PyArrayObject* array) {
    View view;
    view.data = (char*)PyArray_DATA(array);
    view.ndim = PyArray_NDIM(array);
    for (int i = 0; i < view.ndim; ++i) {
        view.shape[i] = PyArray_DIMS(array)[i];
        view.strides[i] = PyArray_STRIDES(array)[i];
    }
    return view;
}

// Make *output a contiguous array of this shape, reusing the one that is there if it fits.
static bool allocate(PyArrayObject** output, int ndim, const npy_intp* shape, int type) {
    if (*output && PyArray_NDIM(*output) == ndim && PyArray_TYPE(*output) == type &&
        PyArray_IS_C_CONTIGUOUS(*output) &&
        PyArray_CompareLists(PyArray_DIMS(*output), (npy_intp*)shape, ndim))
        return true;
    Py_XDECREF(*output);
    *output = (PyArrayObject*)PyArray_EMPTY(ndim, (npy_intp*)shape, type, 0);
    return *output != NULL;
}

// The same, with axis `channel` the innermost in memory.
static bool allocate_channels_last(
    PyArrayObject** output, int ndim, const npy_intp* shape, int type, int channel
) {
    npy_intp stored_shape[MOST_AXES], axes[MOST_AXES];
    for (int i = 0; i < ndim; ++i) {
        axes[i] = i < channel ? i : i == channel ? ndim - 1 : i - 1;
        stored_shape[axes[i]] = shape[i];
    }
    Py_XDECREF(*output);
    *output = NULL;
    PyObject* stored = PyArray_EMPTY(ndim, stored_shape, type, 0);
    if (!stored) return false;
    PyArray_Dims order = {axes, ndim};
    *output = (PyArrayObject*)PyArray_Transpose((PyArrayObject*)stored, &order);
    Py_DECREF(stored);
    return *output != NULL;
}

// The shape of `array` with its last `n` lengths replaced.
static void replace_last(PyArrayObject* array, int n, const npy_intp* lengths, npy_intp* shape) {
    int ndim = PyArray_NDIM(array);
    for (int i = 0; i < ndim; ++i)
        shape[i] = i < ndim - n ? PyArray_DIMS(array)[i] : lengths[i - (ndim - n)];
}

// Raise the problem, worded by the exception's class; return whether there is none.
static bool is_fine(const Problem& problem) {
    if (!problem.error) return true;
    if (!strcmp(problem.error, "MemoryError")) return PyErr_NoMemory() != NULL;
    const long long* n = problem.numbers;
    PyObject* errors = PyImport_ImportModule("pytensor_unpool.errors");
    PyObject* type = errors ? PyObject_GetAttrString(errors, problem.error) : NULL;
    PyObject* arguments = NULL;
    if (type && !strcmp(problem.error, "PositionError"))
        arguments = Py_BuildValue("(LL)", n[0], n[1]);
    else if (type && !strcmp(problem.error, "LengthError"))
        arguments = Py_BuildValue("(LLLL)", n[0], n[1], n[2], n[3]);
    else if (type)
        arguments = Py_BuildValue("(LLLLLLL)", n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
    if (arguments) PyErr_SetObject(type, arguments);
    Py_XDECREF(arguments);
    Py_XDECREF(type);
    Py_XDECREF(errors);
    return false;
}

// The shape of x, with that of some arrays, broadcast together, along the axes that it stretches.
static Problem broadcast_shape(
    PyArrayObject* x, PyArrayObject* const* likes, int count, const bool* stretches, npy_intp* shape
) {
    const int ndim = PyArray_NDIM(x);
    for (int axis = 0; axis < ndim; ++axis) {
        shape[axis] = PyArray_DIMS(x)[axis];
        if (!stretches[axis]) continue;
        npy_intp length = 1;
        for (int i = 0; i < count && length == 1; ++i) length = PyArray_DIMS(likes[i])[axis];
        for (int i = 0; i <= count; ++i) {
            npy_intp got = PyArray_DIMS(i < count ? likes[i] : x)[axis];
            if (got != 1 && got != length)
                return length_problem(POSITIONS_DISAGREE, axis - ndim, got, length);
        }
        shape[axis] = length;
    }
    return NONE;
}

// Read a vector of `n` lengths, and how many elements they make.
static bool read_lengths(PyArrayObject* vector, int n, npy_intp* lengths, npy_intp* size) {
    if (PyArray_DIMS(vector)[0] != n)
        return is_fine(length_problem(WRONG_LENGTHS, 0, PyArray_DIMS(vector)[0], n));
    for (int i = 0; i < n; ++i) lengths[i] = *(npy_int64*)PyArray_GETPTR1(vector, i);
    return is_fine(plane_size(lengths, n, size));
}

// Read an integer matrix of n rows.
static bool read_matrix(PyArrayObject* matrix, int n, int columns, int kind, npy_intp* numbers) {
    if (PyArray_NDIM(matrix) != 2 || PyArray_DIMS(matrix)[0] != n ||
        PyArray_DIMS(matrix)[1] != columns)
        return is_fine(length_problem(kind, 0, PyArray_SIZE(matrix), n));
    for (int i = 0; i < n * columns; ++i)
        numbers[i] = *(npy_int64*)PyArray_GETPTR2(matrix, i / columns, i % columns);
    return true;
}

// Read the windows from the run-time matrix, if there is one.
static bool read_windows(Windows* windows, PyArrayObject* matrix) {
    npy_intp m[MOST_AXES][5];
    if (!matrix) return true;
    if (!read_matrix(matrix, windows->ndim, 5, WRONG_NUMBERS, m[0])) return false;
    for (int i = 0; i < windows->ndim; ++i) {
        const AxisWindows axis = {m[i][0], m[i][1], m[i][2], m[i][3], m[i][4]};
        windows->axes[i] = axis;
    }
    return true;
}

}  // namespace pytensor_unpool

#endif
