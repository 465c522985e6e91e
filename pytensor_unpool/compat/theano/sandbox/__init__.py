"""Names of `theano.sandbox`."""
