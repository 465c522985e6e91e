"""The words of the page."""

TITLE = """# Benchmarks

<!-- Made by `python -m benchmarks --page` from benchmarks/results/*.json. Do not edit. -->

How long this package takes for its work, in PyTensor's Numba mode and in its C mode (`CVM`), next
to others that do the same. Inputs are float32 of shape (64, 32, 56, 56) unless the row says
otherwise: `2x2/2` is a window of 2x2 with stride 2."""

ON_DEVICES = """\
Made by `python -m benchmarks.devices --keep` and `python -m benchmarks.devices torch --keep`, which
take the default device of JAX and of PyTorch, the one that the table names. No GPU has been at hand
yet: on one, what pools is to reach 85% of a copy's rate, and convolution is told next to the
device's own. Functions take arrays that lie on the device, and are waited for; PyTensor's linker
for PyTorch, which brings results to the CPU, is told to leave them. A copy's rate is that of
`x.copy()`, or `x.clone()`; of it, a row reaches the share that its inputs and outputs need.
Gradients are PyTensor's, of the sum of squares of the outputs. The convolution is of the images
with a kernel of (32, 32, 3, 3), with pad 1. On a CPU all has one thread; the gradient by JAX of
`lax.reduce_window` uses no more. glibc is told to keep memory that is freed, as allocators for GPUs
do: by itself it takes new pages from the system for each large array, and gradients of 2x2/2 in JAX
took 14 ms, ours, and 120 ms.

In JAX, un-pooling looks at positions that are given before it trusts them, so it reads them twice.
What was tried on a CPU: to look at positions by comparisons in place of divisions, which gained
nothing; loops kept apart by branches, without which XLA computes what a loop reads once for each
reader; maxima and positions packed into one complex array, so that one loop gives both, which took
as long as two. What is left: un-pooling takes not much longer than a copy of the images, which is
a third of the time of `.at[].set`; the comparisons that tell which of nine taps won take as long as
those that tell its value.

In PyTorch, operations on arrays run one by one, and each writes what it made; on a CPU the modes
`NUMBA` and `CVM` are the quick ones. Maxima are torch's own, looked through for NaN, and gradients
are added up by `scatter_add`: that halved the time of 3x3/2. Un-pooling looks at positions first.
What was tried: `torch.compile` of our comparisons for the lengths at hand, which halves their time
but compiles for 11 s."""

METHOD = """## How it is measured

All contenders of a row run in one process, each with one thread if the row does not say two. Each
is called three times to warm up and its result is compared, element for element, with what NumPy
gives: a contender that computes something else stops the run. Then come the rounds. A round calls
every contender once, in a random order, so that a slow moment of the machine does not fall on one
of them alone; the garbage collector is off, and a result is freed before the next call. The tables
show medians over the rounds, and the ratio of medians. Every single time is in the JSON files.

Our functions are compiled from graphs whose lengths are unknown, with `trust_input=True`, and
return new arrays. PyTorch runs eagerly; its gradient is `torch.autograd.grad` of the pooled values.
`pytensor-ml` pools channels-last arrays only: it gets the same numbers in that layout, contiguous.
In the row about channels-last data our function gets that array too, and pools it through
`dimshuffle`. The 1-D row pools (64, 32, 4096), the 3-D row (8, 16, 32, 32, 32).

Convolutions, with static lengths, are of these images and kernels: 5x5 of (32, 16, 28, 28) and
(32, 16, 5, 5); 3x3 of (16, 64, 56, 56) and (64, 64, 3, 3) with pad 1, and of (8, 256, 14, 14) and
(256, 256, 3, 3) with pad 1; 7x7/2 of (16, 3, 128, 128) and (64, 3, 7, 7) with pad 3; 5x5 of one
channel of (32, 1, 28, 28) and (20, 1, 5, 5); 1x1 of (16, 256, 28, 28) and (64, 256, 1, 1); 3x3/2 of
(8, 64, 56, 56) and (128, 64, 3, 3) with pad 1; depthwise of (8, 128, 56, 56) and (128, 1, 3, 3)
with pad 1. PyTorch's gradients are those of `aten.convolution_backward`, without a forward pass.
What was tried: copies of images in bands, in place of a matrix of windows; weights in panels for
each group of output rows; a copy for each phase of a stride, so that all vectors are contiguous, or
for each tap of a row, so that none holds what belongs to no output; rows of products for the
gradient in the kernel; for that in the images, where a "full" padding would multiply with many
zeros, sums of each tap that are added where it reads; for 3x3 with 32 channels or more, Winograd's
algorithm F(2x2, 3x3), up to 1.7 times as fast as without. Threads take images, or output channels
where the kernel is larger than the images; there are none in Numba. What is left is the weights'
transforms in Numba, and copying lines.

`helix_convolve` takes float64, mode "same" and arrays of lengths that are unknown: 4-D of (25, 25,
41, 51), 5-D of (9, 9, 9, 17, 17), 6-D of (7, 7, 7, 7, 9, 9). Results are whole numbers, rounded
before they are compared. One transform of the whole array as one strip, as the plain helix has it,
took 1.43 times as long as `fftconvolve` in 4-D. What was tried: zeros only as far as a window needs
them; no transforms of rows of zeros, and none of rows that nobody reads; strips of one to all axes,
of which those up to 8192 elements won; and products in registers, which win where kernels are
small.

Rows about sums, averages, convolutions and Theano's names take whole numbers, whose sums are exact
in any order. Theano 1.0.5 itself does not run on these Pythons. How long it took for a work was
measured once, in copies of the input; the target is a third of that.

`numpy.copyto` writes to memory that is resident. `numpy.zeros` with first touch takes memory from
the system and writes to one element of each page, as anything must that returns a new array.

Idioms are graphs with static lengths, compiled with the rewrites. The Op that they become is
compiled in either mode, the same graph without the rewrites by Numba. The loop is compiled in mode
`CVM`, in a process that has compiled a small one before: neither g++ nor what PyTensor does once
counts.

A first call is timed from the first import to the first result, in a new process, with compile
caches that are empty (cold) or filled by an earlier process (warm). Byte code is compiled
beforehand, as it is for an installed package. The import row is timed in a process that has
imported PyTensor already; the best of its runs is shown, for the others are slower by what else the
machine did.

Peak memory is what the kernel reports as the peak of resident memory during a call, less what was
resident before, less the arrays that an Op must return; the least of five calls, in a process where
freed memory goes back to the system at once and huge pages are off. The gradient row counts the
numbers of taps, one byte for each window, as an output: the forward Op hands them to the backward
Op.

PyTorch and `pytensor-ml` are there only for comparison, and each was measured on the Python where
it was installed."""
