"""Between frozen dataclasses and JSON: what is written is what the fields say, and what is read is checked by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

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
        InputError: Naming ``where`` and every key that is missing, or holds something else than it should.
    """
    try:
        return _convert(kind, data)
    except (msgspec.ValidationError, InputError) as error:
        problems = list(_problems(kind, data))
        if len(problems) == 1:
            raise InputError(f"{where}: {problems[0]}", hint=hint) from error
        raise InputError(f"{where}: {len(problems)} keys do not fit", problems=problems, hint=hint) from error


def _convert(kind: type[Document], data: Any) -> Document:
    try:
        return msgspec.convert(data, kind, dec_hook=_unknown_class)
    except UnicodeEncodeError as error:  # of a key, a path or a word of a fixed set
        raise msgspec.ValidationError("half a character (a lone surrogate)") from error


def _unknown_class(kind: type[Any], data: Any) -> Any:
    """What msgspec asks for a class it does not know: a path, or one of several dataclasses, told by the keys."""
    if kind is Path:
        return Path(data)
    choose = getattr(kind, "choose", None)
    if choose is None:
        raise NotImplementedError(f"no way from JSON to {kind}")
    return _convert(choose(data), data)


def _problems(kind: Any, data: Any, path: str = "") -> Iterator[str]:
    """Every key that does not fit, as ``tasks.CMAR.accuracy: Expected `float`, got `str```.

    msgspec stops at the first, and names no keys of mappings. What does not fit as a whole is looked through for the
    parts that do not fit; where all of them do, it is the whole that is wrong.
    """
    if data is MISSING:
        yield f"{path}: missing"
        return
    try:
        _convert(kind, data)
    except (msgspec.ValidationError, InputError) as error:  # the second: of a dataclass that checks itself
        problems = [
            problem
            for step, part, content in _parts(kind, data)
            for problem in _problems(part, content, f"{path}{step}".removeprefix("."))
        ]
        message = error.message if isinstance(error, InputError) else str(error)
        if isinstance(data, int | float) and "got" not in message:  # out of range: which number it is helps
            message += f", got {data!r}"
        yield from problems or [f"{path}: {message}" if path else message]


def _parts(kind: Any, data: Any) -> Iterator[tuple[str, Any, Any]]:
    """(step of the path, its type, its content) of everything in a value; the content of a missing key is MISSING."""
    if hasattr(kind, "choose") and not is_dataclass(kind):
        kind = kind.choose(data)
    origin, arguments = get_origin(kind), get_args(kind)
    if NoneType in arguments:  # X | None
        yield from _parts(next(each for each in arguments if each is not NoneType), data)
    elif is_dataclass(kind) and isinstance(data, dict):
        types = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            if field.name in data or field.default is field.default_factory is MISSING:
                yield f".{field.name}", types[field.name], data.get(field.name, MISSING)
    elif origin is Mapping and isinstance(data, dict):
        yield from ((f".{key}", arguments[1], item) for key, item in data.items())
    elif origin is tuple and isinstance(data, list) and arguments[-1] is ...:
        yield from ((f"[{number}]", arguments[0], item) for number, item in enumerate(data))
