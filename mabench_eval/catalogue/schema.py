"""Card files: YAML checked against the card's dataclass, every finding with file, line and suggestion."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.parsing import read_yaml

Card = TypeVar("Card")


def read_card(path: Path, card: type[Card]) -> Card:
    """Read one card file. Raises InputError with all problems of the file, each as ``file:line: what``."""
    try:
        document = read_yaml(path)
    except OSError as error:
        raise InputError(f"cannot read card {path}: {error.strerror or error}") from error
    data, lines = document.value, document.lines
    if not isinstance(data, dict):
        raise InputError(f"{path}:1: a card is a list of `key: value` lines")
    allowed = {f.name: f for f in fields(card) if f.name != "source"}  # type: ignore[arg-type]
    problems = _unknown(path, lines, allowed) + _missing(path, data, allowed)
    values: dict[str, Any] = {}
    hints = _type_hints(card)  # type: ignore[arg-type]
    for key in allowed.keys() & data.keys():
        try:
            values[key] = _convert(data[key], hints[key])
        except ValueError as error:
            problems.append(f"{path}:{lines[key]}: {key}: {error}")
    if problems:
        raise InputError(f"card {path} does not fit its schema", problems=sorted(problems, key=_line_number))
    return card(**values, source=path.resolve())  # type: ignore[call-arg]


def settings_of(kind: type[Card], given: Mapping[str, Any], where: str) -> Card:
    """A dataclass of settings from a card's ``settings``. Raises InputError with all that does not fit.

    A field's range is msgspec's: ``Annotated[float, Meta(ge=0)]``. Numbers are finite in any case.
    """
    allowed = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    hints = _type_hints(kind)  # type: ignore[arg-type]
    problems = [f"unknown setting {key!r}{did_you_mean(key, allowed)}" for key in given if key not in allowed]
    problems += [problem.split(": ", 1)[1].replace("key", "setting") for problem in _missing(Path(), given, allowed)]
    values = {}
    for key in allowed.keys() & given.keys():
        try:
            values[key] = _convert(given[key], hints[key])
        except ValueError as error:
            problems.append(f"{key}: {error}")
    if problems:
        raise InputError(f"{where}: its settings do not fit", problems=sorted(problems))
    try:
        return kind(**values)
    except ValueError as error:  # what the dataclass finds when it looks at its fields together
        raise InputError(f"{where}: {error}") from error


@cache
def _type_hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields, worked out once: a catalogue has dozens of cards."""
    return get_type_hints(kind, include_extras=True)


def _line_number(problem: str) -> int:
    return int(problem.rsplit(".yaml:", 1)[-1].split(":", 1)[0]) if ".yaml:" in problem else 0


def _unknown(path: Path, lines: Mapping[str, int], allowed: Mapping[str, Field[Any]]) -> list[str]:
    keys = f"; keys are {', '.join(allowed)}"
    return [
        f"{path}:{line}: unknown key {key!r}{did_you_mean(key, allowed) or keys}"
        for key, line in lines.items()
        if key not in allowed
    ]


def _missing(path: Path, data: Mapping[str, Any], allowed: Mapping[str, Field[Any]]) -> list[str]:
    return [
        f"{path}:1: missing key {name!r}"
        for name, f in allowed.items()
        if name not in data and f.default is MISSING and f.default_factory is MISSING
    ]


def _convert(value: Any, hint: Any) -> Any:
    """A YAML value as the field's type. Raises ValueError saying what was expected."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else _convert(value, next(a for a in args if a is not type(None)))
    if origin is Annotated:
        return _within(_convert(value, args[0]), hint)
    if origin is Literal:
        return _one_of(value, [str(a) for a in args])
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"expected a list, got {value!r}")
        return tuple(_convert(item, args[0]) for item in value)
    if origin is not None:  # Mapping[str, Any]
        if not isinstance(value, dict):
            raise ValueError(f"expected `key: value` pairs, got {value!r}")
        return value
    if is_dataclass(hint):
        return _nested(value, hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(_one_of(value, [member.value for member in hint]))
    return _scalar(value, hint)


def _nested(value: Any, kind: Any) -> Any:
    """A dataclass within another, from ``key: value`` pairs. Raises ValueError with all that does not fit."""
    if not isinstance(value, dict):
        raise ValueError(f"expected `key: value` pairs, got {value!r}")
    try:
        return settings_of(kind, value, kind.__name__)
    except InputError as error:
        raise ValueError("; ".join(error.problems) or error.message) from None


def _one_of(value: Any, choices: list[str]) -> str:
    if value not in choices:
        raise ValueError(f"{value!r} is none of {', '.join(choices)}{did_you_mean(str(value), choices)}")
    return str(value)


def _within(value: Any, hint: Any) -> Any:
    """The value, if it is in the range of its ``Annotated`` type. Raises ValueError."""
    import msgspec  # few settings have a range, and cards none

    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        raise ValueError(f"{error}, got {value!r}".replace("Expected", "expected").replace("`", "")) from None


def _scalar(value: Any, hint: type) -> Any:
    if hint is float:
        return _number(value)
    if type(value) is not hint:  # `isinstance` would take True for an int
        advice = " (quote it)" if hint is str else ""
        raise ValueError(f"expected {hint.__name__}, got {type(value).__name__} {value!r}{advice}")
    return value


def _number(value: Any) -> float:
    """A finite number, also from a fraction in words. Raises ValueError."""
    from fractions import Fraction  # few cards have a number

    text = str(value)
    try:
        # Python's own reading first: a Fraction of 1e999999999 would be worked out digit by digit.
        number = float(Fraction(text)) if "/" in text else float(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise ValueError(f"expected a number or a fraction such as 1/7, got {value!r}")
    return number
