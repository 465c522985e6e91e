"""The public functions, one file per family. They build graphs from tensors and plain numbers."""
