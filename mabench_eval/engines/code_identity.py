"""What an engine's identity says of code and protocol: whatever an answer depends on is in it.

Parts that are as they always were are left out, so that keys of earlier versions hold: ``modules`` where the code
brings none along, ``protocol`` while its number is 1.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

from mabench_eval.catalogue import Registration, code_files, companion_modules
from mabench_eval.errors import InputError
from mabench_eval.journal import file_digest, fingerprint
from mabench_eval.types import Json

_DIGEST = "mabench_eval_digest"
"""Attribute of an imported module's spec: the digest of its file when this process first looked at it."""


def with_protocol(identity: Json, protocol: int) -> Json:
    """An identity with the number of its engine's protocol.

    The number counts the ways in which an engine has put a question to a model: the bytes of a request, the words of a
    prompt. tests/golden/protocols shows the present one.
    """
    return identity if protocol == 1 else {**identity, "protocol": protocol}


def registered_code(code: Registration) -> Json:
    """The code of a registered function or class, with the modules and the files that it needs.

    ``adapter`` is the code itself: sha256 of its file; of its folder, where it was imported with one; of its own
    source, where there is neither (a notebook). ``modules`` has the sha256 of each module that it brings along,
    ``depends`` that of each file it names. Raises InputError for a file that is missing, and for a module that was
    edited after it was imported.
    """
    depends = {name: _digest(path, f"{code.name!r} depends on it") for name, path in code.depends.items()}
    named: dict[str, Any] = {"depends": depends} if depends else {}
    if code.state:
        named["state"] = fingerprint(code.state)
    if not code.files:
        return {"adapter": _interactive_digest(code.code or code.target), **named}
    if code.folder:
        return {**code_of(code.folder), **named}

    modules = {file.name: file for file in code.files if file != code.source} | companion_modules(code.files)
    return {**_with_modules(code.source, modules), **named}


def code_of(path: Path) -> Json:
    """The code in a file, or in a folder that is imported as a package: ``adapter`` and ``modules`` as above."""
    files = code_files(path) if path.is_dir() else [path]
    return _with_modules(path, companion_modules(dict.fromkeys(files, "")))


def _with_modules(code: Path, modules: Mapping[str, Path]) -> Json:
    digests = {name: _module_digest(name, file) for name, file in modules.items()}
    return {"adapter": _digest(code, "a model's code"), **({"modules": digests} if digests else {})}


def _module_digest(name: str, file: Path) -> str:
    """sha256 of a module's file. Raises InputError where this process still runs an older text of it."""
    digest = _digest(file, "a module that a model imports")
    spec = getattr(sys.modules.get(name), "__spec__", None)
    if spec is not None and spec.origin == str(file) and vars(spec).setdefault(_DIGEST, digest) != digest:
        raise InputError(
            f"{file} was edited after it was imported: this process still runs the old code",
            hint="Start a new process (in a notebook: restart the kernel), then evaluate again.",
        )
    return digest


def _digest(path: Path, why: str) -> str:
    """sha256 of a file; of a folder, one digest over the paths in it and the contents. Raises InputError."""
    try:
        if path.is_dir():
            return fingerprint([[file.relative_to(path).as_posix(), file_digest(file)] for file in code_files(path)])
        return file_digest(path)
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be read ({why}): {error.strerror or error}") from error


def _interactive_digest(target: Callable[..., Any]) -> str:
    """sha256 of code without a file, and of what of the same session it names: functions, classes, constants.

    What else it names, a network that was loaded in another cell for one, is not known: ``depends`` names its file.
    """
    named = _named_in_session(target, {})
    return _own_digest(target) if not named else fingerprint([_own_digest(target), named])


def _named_in_session(target: Callable[..., Any], known: dict[str, str]) -> dict[str, str]:
    """Name -> digest or value of each function, class and constant of the session that the code leads to."""
    functions = [target] if inspect.isfunction(target) else [f for f in vars(target).values() if inspect.isfunction(f)]
    for function in functions:
        for name in sorted(_names(function.__code__)):
            value = function.__globals__.get(name)
            if name in known or value is target:
                continue
            if isinstance(value, str | int | float | tuple):
                known[name] = repr(value)
            elif (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == function.__module__:
                known[name] = _own_digest(value)
                _named_in_session(value, known)
    return known


def _names(code: CodeType) -> set[str]:
    """What code and its inner functions name."""
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _own_digest(target: Callable[..., Any]) -> str:
    """sha256 of code without a file: its source, which a notebook keeps, or else its byte code."""
    try:
        text = inspect.getsource(target).encode()
    except (OSError, TypeError):
        if inspect.isclass(target):  # of which a notebook keeps the methods' source
            return fingerprint(list(_members(target)))
        compiled = getattr(target, "__code__", None)
        text = _byte_code(compiled) if compiled else repr(target).encode()
    return hashlib.sha256(text).hexdigest()


def _members(target: type) -> Iterator[list[str]]:
    """Names and contents of a class's methods and constants, and of those of its bases in the same session."""
    for each in target.__mro__:
        if each.__module__ != target.__module__:
            continue
        for name, value in sorted(vars(each).items()):
            function = getattr(value, "__func__", value)
            if inspect.isfunction(function):
                yield [each.__qualname__, name, _own_digest(function)]
            elif isinstance(value, str | int | float | tuple) and name != "__firstlineno__":
                yield [each.__qualname__, name, repr(value)]


def _byte_code(code: CodeType) -> bytes:
    return code.co_code + repr(tuple(_constant(value) for value in code.co_consts)).encode()


def _constant(value: Any) -> Any:
    """A constant whose ``repr`` is the same in every process: neither an address nor the order of a set is in it."""
    if isinstance(value, CodeType):
        return _byte_code(value)
    return sorted(map(repr, value)) if isinstance(value, frozenset) else value
