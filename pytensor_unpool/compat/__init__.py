"""Old packages' names and argument conventions, on top of this package's Ops."""
