"""YAML, strictly: a value is what it looks like.

Refused are keys that stand twice, references (``*name``, ``<<``), tags, and plain words that YAML 1.1 takes for
something else than a reader would: ``no`` for false, ``010`` for 8, ``12:30`` for 750, ``2026-01-02`` for a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.parsing.content import DEEPEST, HALF, LONGEST_KEY, LONGEST_NUMBER, ContentError, repeated
from mabench_eval.parsing.files import decode, read_bytes

if TYPE_CHECKING:
    import yaml

LARGEST_YAML = 4 << 20
"""Characters; reading so many takes a second."""
_TAG = "tag:yaml.org,2002:"
_PLAIN = {
    "bool": (re.compile(r"true|false", re.IGNORECASE), "a truth value: write true or false, or quote the text"),
    "int": (re.compile(r"[-+]?(?:0|[1-9][0-9]*)"), "a number: write it in plain decimal digits, or quote the text"),
    "float": (
        re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"),
        "a number: write a finite one in plain decimal digits, or quote the text",
    ),
    "timestamp": (re.compile(r"(?!)"), "a date: quote the text"),
    "merge": (re.compile(r"(?!)"), "a reference: write out what it stands for"),
    "value": (re.compile(r"(?!)"), "a sign of YAML: quote the text"),
    "null": (re.compile(r".*"), ""),
    "str": (re.compile(r".*", re.DOTALL), ""),
}
"""Type that YAML gives a scalar -> the spellings that are taken, and what the others are told."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What YAML cannot hold."""


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A YAML text as values."""

    value: Any
    """None for an empty one."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Key -> its line, counted from 1, where the document is a mapping: of its own keys, not of those further in."""


def read_yaml(path: Path, hint: str = "") -> YamlDocument:
    """The document of a YAML file; JSON is YAML too.

    Raises OSError where it cannot be opened or is no regular file, and InputError with file and line of every problem.
    """
    content = read_bytes(path)
    try:
        return yaml_document(decode(content))
    except ContentError as error:
        raise error.of(str(path), hint) from error


def yaml_document(text: str) -> YamlDocument:
    """The document of a YAML text. Raises ContentError."""
    import yaml

    if len(text) > LARGEST_YAML:
        raise ContentError((1, f"YAML of more than {LARGEST_YAML >> 20} MB"))
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise ContentError((line, f"not valid YAML: the character U+{ord(control[0]):04X}"))
    loader = _loader()(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return YamlDocument(None)
        if problems := sorted(set(_problems(node))):
            raise ContentError(*problems)
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        return YamlDocument(loader.construct_document(node), {key.value: _line(key) for key, _ in pairs})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ContentError((mark.line + 1 if mark else 1, f"not valid YAML: {what}")) from error
    except RecursionError as error:  # of the loader in Python alone
        raise ContentError((1, f"more than {DEEPEST} lists and mappings in one another")) from error
    finally:
        loader.dispose()


@cache
def _loader() -> Any:
    """The one in C, where PyYAML has it: several times as fast."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line + 1
    return line


def _problems(document: yaml.Node) -> Iterator[tuple[int, str]]:
    """(line, what) of all that is refused, nodes that are in the document twice among it."""
    import yaml

    seen = set()
    waiting = [(document, 1)]
    while waiting:
        node, depth = waiting.pop()
        if id(node) in seen:
            yield _line(node), "used again elsewhere (`*name`): write it out there"
            continue
        seen.add(id(node))

        if isinstance(node, yaml.ScalarNode):
            yield from _scalar_problems(node)
            continue
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            yield (
                _line(node),
                f"a tag, {repeated(node.tag.removeprefix(_TAG))}: plain lists and mappings alone are taken",
            )
        if depth > DEEPEST:
            yield _line(node), f"more than {DEEPEST} lists and mappings in one another"
            continue
        if isinstance(node, yaml.MappingNode):
            yield from _key_problems(node)
            waiting += [(value, depth + 1) for _, value in node.value]
        else:
            waiting += [(item, depth + 1) for item in node.value]


def _scalar_problems(node: yaml.ScalarNode) -> Iterator[tuple[int, str]]:
    kind, text = node.tag.removeprefix(_TAG), node.value
    spelling, advice = _PLAIN.get(kind, (None, ""))
    if spelling is None:
        yield _line(node), f"a tag, {repeated(kind)}: plain texts, numbers, true, false and null alone are taken"
    elif kind == "int" and len(text) > LONGEST_NUMBER:
        yield _line(node), f"a number of {len(text):,} digits"
    elif not spelling.fullmatch(text) or (kind == "float" and not isfinite(float(text))):
        yield _line(node), f"{repeated(text)} is read as {advice}"
    elif HALF.search(text):
        yield _line(node), f"half a character (a lone surrogate) in {repeated(text)}"


def _key_problems(node: yaml.MappingNode) -> Iterator[tuple[int, str]]:
    import yaml

    known: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yield _line(key), "a key is a text, not a list or mapping"
            continue
        problems = list(_scalar_problems(key))
        yield from problems
        if not problems and key.tag != f"{_TAG}str":
            yield _line(key), f"key {repeated(key.value)} is a text: quote it"
        if len(key.value) > LONGEST_KEY:
            yield _line(key), f"a key of {len(key.value):,} characters: {repeated(key.value)}"
        if key.value in known:
            yield _line(key), f"key {repeated(key.value)} stands twice (first in line {known[key.value]})"
        known.setdefault(key.value, _line(key))
