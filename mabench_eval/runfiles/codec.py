"""Between frozen dataclasses and JSON: what is written is what the fields say, and what is read is checked by them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mabench_eval.errors import InputError

Document = TypeVar("Document")


def to_json(value: Any) -> Any:
    """A dataclass as a JSON object, its fields in their order.

    A field that holds its default is left out: it stands for something that this run does not have. A figure that
    exists and has no value has no default, and is written as null.
    """
    if is_dataclass(value):
        return {
            field.name: to_json(content)
            for field in fields(value)
            if (content := getattr(value, field.name)) != field.default
        }
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def from_json(kind: type[Document], data: Any, where: str, hint: str = "") -> Document:
    """A dataclass from a JSON value; keys that it does not know are passed over, since newer versions write more.

    Args:
        kind: A dataclass. A field may be a path, or of a class with a method ``choose(data)`` that gives the dataclass.
        data: What a JSON parser gave.
        where: Begins the message, e.g. the file's path.
        hint: What to do when it does not fit.

    Raises:
        InputError: Naming ``where`` and the first key that is missing, or holds something else than it should.
    """
    try:
        return _convert(kind, data)
    except msgspec.ValidationError as error:
        path, problem = _located(kind, data, error)
        raise InputError(f"{where}: {path}{problem}", hint=hint) from error
    except InputError as error:  # of a dataclass that checks itself
        raise InputError(f"{where}: {error.message}", hint=hint) from error


def _convert(kind: type[Document], data: Any) -> Document:
    return msgspec.convert(data, kind, dec_hook=_unknown_class)


def _unknown_class(kind: type[Any], data: Any) -> Any:
    """What msgspec asks for a class it does not know: a path, or one of several dataclasses, told by the keys."""
    if kind is Path:
        return Path(data)
    choose = getattr(kind, "choose", None)
    if choose is None:
        raise NotImplementedError(f"no way from JSON to {kind}")
    try:
        return _convert(choose(data), data)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error  # msgspec puts the place of the whole behind it


def _located(kind: type[Any], data: Any, error: msgspec.ValidationError) -> tuple[str, str]:
    """The key that does not fit, as ``tasks.CMAR.accuracy: ``, and what is wrong with it.

    msgspec writes ``problem - at `$.accuracy` - at `$.tasks[...]```: the innermost place first, and any key of a
    mapping as ``[...]``. Which key it is shows by leaving out the others: the error stays.
    """
    problem, *places = re.split(r" - at `\$(?:\.|)(.*?)`", str(error))
    steps = [step for place in reversed(places[::2]) for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", place)]
    path: list[str] = []
    for step in steps:
        if step == "[...]":
            failing = next((key for key in _at(data, path) if _fails(kind, _only(data, path, key))), step)
            data, step = _only(data, path, failing), failing
        path.append(step)
    return "".join([".".join(path).replace(".[", "["), ": "] if path else []), problem


def _at(data: Any, path: Sequence[str]) -> Any:
    for step in path:
        data = data[int(step[1:-1])] if step.startswith("[") else data[step]
    return data


def _only(data: Any, path: Sequence[str], key: str) -> Any:
    """The data with one key alone in the mapping at ``path``."""
    if not path:
        return {key: data[key]} if key in data else data
    first, rest = path[0], path[1:]
    if first.startswith("["):
        place = int(first[1:-1])
        return [_only(item, rest, key) if number == place else item for number, item in enumerate(data)]
    return {**data, first: _only(data[first], rest, key)}


def _fails(kind: type[Any], data: Any) -> bool:
    try:
        _convert(kind, data)
    except msgspec.ValidationError:
        return True
    return False
