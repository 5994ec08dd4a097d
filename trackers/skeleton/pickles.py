"""Pickles that can do no harm: containers, numbers, texts and arrays of numpy. Whatever else they hold is refused.

A pickle can name any function and have it called while it is read. Here a name beyond the table ends the reading.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mabench_eval import InputError


def read_pickle(path: Path) -> Any:
    """What is in the file. Raises InputError for one that is none, is cut short, or holds anything but data."""
    try:
        with path.open("rb") as stream:
            return _DataAlone(stream).load()
    except InputError:
        raise
    except Exception as error:  # a damaged pickle raises anything
        raise InputError(f"{path} cannot be read as a pickle: {type(error).__name__}: {error}") from error


class _DataAlone(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy._core", "numpy.core")  # as numpy 2 calls it
        if (module, name) not in _ADMITTED:
            raise InputError(
                f"{getattr(self, 'name', 'the pickle')} names {module}.{name}, which is no data: it is not read on",
                hint="Where you trust it, load it and write its arrays with numpy.savez(FILE, **{clip name: array}).",
            )
        return _ADMITTED[module, name]


def _encoded(text: str, encoding: str) -> bytes:
    """Bytes as old pickles have them."""
    if encoding != "latin1":
        raise InputError(f"bytes in a pickle are latin1, not {encoding!r}")
    return text.encode("latin1")


def _array(subtype: type, shape: tuple[int, ...], kind: bytes) -> np.ndarray[Any, Any]:
    """An empty array, which the pickle then fills."""
    if subtype is not np.ndarray:
        raise InputError(f"arrays in a pickle are those of numpy, not {subtype!r}")
    return np.ndarray(shape, dtype=kind.decode("latin1") if isinstance(kind, bytes) else kind)


def _from_buffer(data: Any, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any) -> np.ndarray[Any, Any]:
    if dtype.hasobject:
        raise InputError("an array of objects cannot be made from bytes")
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _scalar(dtype: np.dtype[Any], data: Any) -> Any:
    if dtype.hasobject:
        raise InputError("an object in a pickle is no number")
    return np.frombuffer(data, dtype)[0]


_ADMITTED: Mapping[tuple[str, str], Callable[..., Any]] = MappingProxyType(
    {
        ("numpy", "dtype"): np.dtype,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy.core.multiarray", "_reconstruct"): _array,
        ("numpy.core.multiarray", "scalar"): _scalar,
        ("numpy.core.numeric", "_frombuffer"): _from_buffer,
        ("_codecs", "encode"): _encoded,
    }
)
"""Module and name -> what stands in for it."""
