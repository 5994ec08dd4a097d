"""Tiny repositories with the calling surface of the paper's models that only their own code runs.

Each has a config with ``auto_map``, a real small torch module and checks of what it is given, so that a wrong argument,
shape, number format, order or count of frames fails a test. What it answers is a function of pixels and words.
"""

import os
import tempfile

# transformers copies a repository's code to a cache of its own, by default in the user's home
os.environ.setdefault("HF_MODULES_CACHE", tempfile.mkdtemp(prefix="mabench-modules-"))

from .build import build

__all__ = ["build"]
