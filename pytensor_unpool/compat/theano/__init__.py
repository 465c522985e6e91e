"""Names of Theano, where they were."""
