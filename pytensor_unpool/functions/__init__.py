"""The public functions, one file a family: symbolic graphs from tensors and plain numbers."""
