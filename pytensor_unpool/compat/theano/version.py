"""`theano.version`: the version that the old names are those of."""

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["full_version", "git_revision", "release", "short_version", "version"]

__getattr__, __dir__ = fall_back(__name__)

version = short_version = full_version = "1.0.5"
git_revision = "unknown"
release = True
