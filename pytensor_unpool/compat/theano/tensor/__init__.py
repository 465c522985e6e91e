"""Names of `theano.tensor`."""
