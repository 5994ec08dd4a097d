"""JSON, strictly: no key twice, no NaN, no number beyond what can be worked with, no bottomless nesting.

``json``'s own parser does the work, and finds that something is wrong; what and where, a look at the tokens tells then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from math import isinf
from pathlib import Path
from typing import Any, NoReturn

from mabench_eval.errors import InputError
from mabench_eval.parsing.content import DEEPEST, HALF, LONGEST_KEY, LONGEST_NUMBER, ContentError, repeated
from mabench_eval.parsing.files import decode, open_file, read_bytes

LONGEST_LINE = 64 << 20
"""Bytes of a line of JSON lines."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\]:,"]+', re.DOTALL)
_NUMBER = re.compile(r"NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_COLON = re.compile(r"\s*:")
_HALF_WRITTEN = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(path: Path, *, halves: bool = False, hint: str = "") -> Any:
    r"""The value of a JSON file.

    Args:
        path: The file.
        halves: Whether a text may hold half a character (a lone surrogate, ``\ud83d``). Models write them: files that
            hold their words must be readable.
        hint: What to do when it cannot be used.

    Raises:
        OSError: It cannot be opened, is no regular file, or is too large.
        InputError: Naming file, line and what is wrong there.
    """
    return parse_json(read_bytes(path), str(path), halves=halves, hint=hint)


def read_json_lines(path: Path, *, halves: bool = False, hint: str = "") -> Iterator[tuple[int, Any]]:
    """(number, value) of each line of a file that is not empty, counted from 1. For the rest see ``read_json``."""
    with open_file(path) as stream:
        for number in count(1):
            line = stream.readline(LONGEST_LINE + 1)
            if not line:
                return
            if len(line) > LONGEST_LINE:
                raise InputError(f"{path}:{number}: a line of more than {LONGEST_LINE >> 20} MB", hint=hint)
            if not line.isspace():
                yield number, _parsed(line.strip(), str(path), halves, hint, number)


def parse_json(content: bytes, where: str, *, halves: bool = False, hint: str = "") -> Any:
    """The value of a JSON text; ``where`` begins the message. Raises InputError. For the rest see ``read_json``."""
    return _parsed(content, where, halves, hint, first_line=1)


def _parsed(content: bytes, where: str, halves: bool, hint: str, first_line: int) -> Any:
    try:
        return json_value(decode(content), halves=halves)
    except ContentError as error:
        problems = ((line + first_line - 1, what) for line, what in error.problems)
        raise ContentError(*problems).of(where, hint) from error


def json_value(text: str, *, halves: bool = False) -> Any:
    """The value of a JSON text. Raises ContentError. ``halves``: see ``read_json``."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        what = f"{error.msg} (column {error.colno})" if text.strip() else "it is empty"
        raise ContentError((error.lineno, f"not valid JSON: {what}")) from error
    except (_RefusedError, RecursionError) as error:
        raise ContentError(_first_problem(text, halves)) from error
    may_be_deep = text.count("[") + text.count("{") > DEEPEST
    if (may_be_deep and _is_deep(value)) or (not halves and _HALF_WRITTEN.search(text) and _has_half(value)):
        raise ContentError(_first_problem(text, halves))
    return value


class _RefusedError(Exception):
    """There is something in the text that JSON may hold and we do not take."""


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs) or max(map(len, value), default=0) > LONGEST_KEY:
        raise _RefusedError
    return value


def _whole(digits: str) -> int:
    if len(digits.removeprefix("-")) > LONGEST_NUMBER:
        raise _RefusedError
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise _RefusedError
    return value


def _constant(name: str) -> NoReturn:
    raise _RefusedError


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_fraction, parse_constant=_constant
)


def _is_deep(value: Any) -> bool:
    """Whether lists and objects stand in one another more than ``DEEPEST`` times."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        if not level:
            return False
        contents = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for content in contents for item in content if isinstance(item, dict | list)]
    return bool(level)


def _has_half(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


class _Open:
    """A list or object that has begun: the lines of an object's keys, and the last of them."""

    def __init__(self, key: str, *, is_object: bool) -> None:
        self.key = key
        self.lines: dict[str, int] | None = {} if is_object else None


def _first_problem(text: str, halves: bool) -> tuple[int, str]:
    """(line, what) of the first token that is refused. The text is JSON up to there, and something in it is refused."""
    outside = [_Open("", is_object=False)]
    line, end = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        word, end, inner = token[0], token.start(), outside[-1]
        problem = None
        if word in ("}", "]"):
            outside.pop()
        elif word in ("{", "["):
            outside.append(_Open(inner.key, is_object=word == "{"))
            problem = f"more than {DEEPEST} lists and objects in one another" if len(outside) > DEEPEST + 1 else None
        elif word.startswith('"'):
            content = json.loads(word)
            if inner.lines is not None and _COLON.match(text, token.end()):
                problem = _key_problem(content, inner.lines)
                inner.key, inner.lines[content] = content, line
            if not halves and HALF.search(content):
                problem = f"half a character (a lone surrogate) in {repeated(content)}"
        elif problem := _number_problem(word):
            problem += f", in {repeated(inner.key)}" if inner.key else ""
        if problem:
            return line, problem
    raise AssertionError("nothing in the text is refused")


def _key_problem(key: str, known: dict[str, int]) -> str | None:
    if len(key) > LONGEST_KEY:
        return f"a key of {len(key):,} characters: {repeated(key)}"
    return f"key {repeated(key)} stands twice (first in line {known[key]})" if key in known else None


def _number_problem(word: str) -> str | None:
    number = _NUMBER.match(word)
    if not number:
        return None
    word = number[0]  # as far as the parser read it: what follows may be no JSON, but is not what was refused
    if word in ("NaN", "Infinity", "-Infinity"):
        return f"{word} is no number of JSON"
    if (digits := word.removeprefix("-")).isdigit():
        return f"a number of {len(digits):,} digits" if len(digits) > LONGEST_NUMBER else None
    return f"{repeated(word)} is beyond the largest number" if isinf(float(word)) else None
