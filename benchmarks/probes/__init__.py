"""Programs to run in a fresh process; each prints one JSON value."""
