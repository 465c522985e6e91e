"""Names of `theano.tensor.nnet`."""
