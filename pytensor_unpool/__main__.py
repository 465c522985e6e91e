"""``python -m pytensor_unpool`` is ``pytensor-unpool``."""

from pytensor_unpool.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
