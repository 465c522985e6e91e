"""Programs that a fresh process runs; each prints one JSON value."""
