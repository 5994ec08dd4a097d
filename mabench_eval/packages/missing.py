"""Packages that are missing here."""

from __future__ import annotations

import importlib.util

from mabench_eval.errors import InputError
from mabench_eval.packages.install import install_command

_NAMES = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml", "cv2": "opencv-python-headless"}


def package_of(module: str) -> str:
    """What a module's package is called by pip, where that is another name."""
    first = module.partition(".")[0]
    return _NAMES.get(first, first)


def missing_modules(*names: str) -> list[str]:
    """Those of the modules that cannot be imported here. None of them is."""

    def is_there(name: str) -> bool:
        try:
            return importlib.util.find_spec(name) is not None
        except (ImportError, ValueError):  # ValueError: a module that was put in place by hand
            return False

    return [name for name in names if not is_there(name)]


def lacks(what: str, error: ImportError, *extras: str) -> InputError:
    """The error to raise where ``what`` needs the packages of extras and one could not be imported."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        reason = f"{package_of(error.name)}, which is not installed"
    else:
        reason = f"a package that cannot be imported: {' '.join(str(error).split())}"
    return InputError(f"{what} needs {reason}", hint=install_command(*extras))
