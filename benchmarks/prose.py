"""The prose of the page."""

TITLE = """# Benchmarks

<!-- Made by `python -m benchmarks --page` from benchmarks/results/*.json. Do not edit. -->

Timings of this package in PyTensor's Numba mode and in its C mode (`CVM`), against other libraries
that compute the same. Inputs are float32 of shape (64, 32, 56, 56) unless the row says otherwise;
`2x2/2` is a window of 2x2 with stride 2."""

ON_DEVICES = """\
Made by `python -m benchmarks.devices --keep` and `python -m benchmarks.devices torch --keep`, on
the default device of JAX and of PyTorch, which the table names. No GPU has been available yet. On
one, the target for pooling is 85% of a copy's rate, and convolution is reported against the
device's own. Arrays are on the device already, and timings wait for the result; PyTensor's linker
for PyTorch, which copies results to the CPU, is patched to leave them. A copy's rate is that of
`x.copy()` or `x.clone()`; the table shows how much of it a row reaches, counting the bytes of its
inputs and outputs. Gradients are PyTensor's, of the sum of squares of the outputs. The convolution
is of the images with a kernel of (32, 32, 3, 3), pad 1. On a CPU everything has one thread; JAX's
gradient of `lax.reduce_window` uses no more in any case. glibc is set to keep freed memory, as GPU
allocators do. By default it takes new pages from the system for every large array, and the gradient
of 2x2/2 in JAX took 14 ms for ours and 120 ms for the peer.

In JAX, un-pooling checks given positions before it relies on them, so it reads them twice. Tried on
a CPU: checking positions with comparisons instead of divisions, which gained nothing; loops
separated by branches, without which XLA recomputes what a loop reads for each reader; maxima and
positions packed into one complex array, so that one loop gives both, which took as long as two.
What is left: un-pooling takes little longer than a copy of the images, a third of the time of
`.at[].set`; finding the winning tap among nine takes as long as finding its value.

In PyTorch, array operations run one by one and each writes its result, so on a CPU the modes
`NUMBA` and `CVM` are faster. Maxima are torch's own, searched for NaN, and gradients are
accumulated with `scatter_add`; together this halved the time of 3x3/2. Un-pooling checks positions
first. Also tried: `torch.compile` of our comparisons for the given shape, which halves their time
but compiles for 11 s."""

METHOD = """## Method

All contenders of a row run in one process, with one thread each unless the row says two. Each is
called three times to warm up, and its result is compared with NumPy's, element by element: a
contender that computes something else stops the run. Each round then calls every contender once, in
random order, so that a slow moment of the machine does not hit only one of them. The garbage
collector is off, and a result is freed before the next call. The tables show medians over the
rounds, and ratios of medians. The JSON files have every single time.

Our functions are compiled from graphs without static shapes, with `trust_input=True`, and return
new arrays. PyTorch runs eagerly; its gradient is `torch.autograd.grad` of the pooled values.
`pytensor-ml` pools channels-last arrays only, and gets the same data in that layout, contiguous. In
the channels-last row, our function gets that array too, and pools it through `dimshuffle`. The 1-D
row pools (64, 32, 4096), the 3-D row (8, 16, 32, 32, 32).

Convolutions have static shapes. The images and kernels are: 5x5: (32, 16, 28, 28) and
(32, 16, 5, 5); 3x3: (16, 64, 56, 56) and (64, 64, 3, 3) with pad 1, and (8, 256, 14, 14) and
(256, 256, 3, 3) with pad 1; 7x7/2: (16, 3, 128, 128) and (64, 3, 7, 7) with pad 3; 5x5 of one
channel: (32, 1, 28, 28) and (20, 1, 5, 5); 1x1: (16, 256, 28, 28) and (64, 256, 1, 1); 3x3/2:
(8, 64, 56, 56) and (128, 64, 3, 3) with pad 1; depthwise: (8, 128, 56, 56) and (128, 1, 3, 3)
with pad 1. PyTorch's gradients are those of `aten.convolution_backward`, without a forward pass.

Techniques tried: packing images in bands instead of a full im2col matrix; packing weights into
panels for each group of output rows; a copy per phase of the stride, so that all vectors are
contiguous, or per tap of a row, so that none covers what belongs to no output; dot products of rows
for the gradient of the kernel; for the gradient of the images, where "full" padding would multiply
by many zeros, products per tap, added where the tap reads (col2im); for 3x3 with 32 channels or
more, Winograd's algorithm F(2x2, 3x3), up to 1.7 times as fast as without. Threads split images, or
output channels where the kernel is larger than the images; Numba uses none. The remaining costs are
the weight transforms in Numba, and packing.

`helix_convolve` gets float64 arrays without static shapes, in mode "same": 4-D (25, 25, 41, 51),
5-D (9, 9, 9, 17, 17), 6-D (7, 7, 7, 7, 9, 9). Results are whole numbers, and rounded before they
are compared. A single transform of the whole array as one strip, which is the plain helix, took
1.43 times as long as `fftconvolve` in 4-D. Techniques tried: zeros only as far as a window needs
them; no transforms of rows that are zero or not read; strips of one to all axes, of which those of
up to 8192 elements won; sums of products in registers, which win for small kernels.

Rows with sums, averages, convolutions and Theano's names use whole numbers, whose sums are exact in
any order. Theano 1.0.5 itself does not run on these Pythons. Its times were measured once, in
multiples of a copy of the input; the target is a third of them.

`numpy.copyto` writes to resident memory. `numpy.zeros` with first touch takes memory from the
system and writes to one element per page, as anything that returns a new array must.

Idioms are graphs with static shapes, compiled with the rewrites. The Op that they become is
compiled in both modes, the same graph without the rewrites in Numba. The loop is compiled in mode
`CVM`, in a process that has already compiled a small one, which excludes one-time costs of g++ and
PyTensor.

A first call is timed from the first import to the first result, in a new process, with compile
caches that are empty (cold) or filled by an earlier process (warm). Bytecode is compiled
beforehand, as for an installed package. The import row is timed in a process that has already
imported PyTensor, and shows the fastest run, as the others only add noise.

Peak memory is the kernel's peak resident memory during a call, minus what was resident before and
minus the arrays that an Op must return; it is the minimum of five calls, in a process where freed
memory returns to the system at once and huge pages are off. The gradient row counts the tap
indices, one byte per window, as an output: the forward Op passes them to the backward Op.

PyTorch and `pytensor-ml` are only for comparison. Each was measured on the Python where it was
installed."""
