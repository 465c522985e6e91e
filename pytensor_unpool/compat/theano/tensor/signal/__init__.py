"""Names of `theano.tensor.signal`."""
