"""Labels of clips, as people keep them: CSV, JSON, and the list files of MA-52.

=================  ===================================================================================================
CSV (also ; tab)   a header, and a row a clip. The clip's column is called ``clip``, ``video``, ``file``, ``name`` or
                   alike, the label's ``label``, ``action``, ``fine`` or alike; ``body_part`` (``coarse``) and
                   ``subject`` may stand beside them, other columns are passed over
JSON, JSON lines   a list of objects with such keys, or one object: clip -> label, or -> an object
MA-52 list         lines ``NAME.mp4 LABEL``, the label a number; ``label_name.txt`` beside it says which action a number
                   is (``index<TAB>name``): its order is not the taxonomy's
=================  ===================================================================================================

A label is the action's name, its code, or both (``Nodding - B1``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mabench_eval.benchmark import clip_name
from mabench_eval.construction.folder import LeftOut
from mabench_eval.errors import InputError
from mabench_eval.parsing import ContentError, json_value, parse_json

LABEL_NAMES = "label_name.txt"
"""Beside a list file: number -> action."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "clip": ("clip", "clip_name", "video", "video_name", "file", "file_name", "filename", "name", "path", "frame_dir"),
    "label": ("label", "action", "micro_action", "fine", "fine_label", "class", "class_name", "category", "code"),
    "body_part": ("body_part", "coarse", "coarse_label", "part", "body"),
    "subject": ("subject", "person", "actor", "participant", "speaker"),
}
"""What is read -> names that its column or key may have, the first one that is there counts; capitals, spaces and
dashes do not matter."""
_LIST_LINE = re.compile(r"\s*(?P<clip>\S.*?)[\s,]+(?P<label>\d+)\s*")


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label as its file has it."""

    where: str
    """``file:line``, or ``file[number]``; begins messages."""
    clip: str
    """As the file calls it, ``.mp4`` left out."""
    label: str
    body_part: str | None = None
    subject: str | None = None


def read_labels(file: Path, names: Path | None = None) -> tuple[list[LabelRow], list[LeftOut]]:
    """The labels of a file, and what is wrong with those rows that cannot be used.

    Args:
        file: CSV, JSON, JSON lines or a list, told by what is in it.
        names: For labels that are numbers: a file of lines ``number<TAB>action``; None: ``label_name.txt`` beside.

    Raises:
        InputError: A file that cannot be read, or that is nothing of the kind.
    """
    text = _read(file)
    if text.lstrip()[:1] in ("{", "["):
        rows = list(_json_rows(file, text))
    elif all(_LIST_LINE.fullmatch(line) for line in text.splitlines() if line.strip()):
        matches = ((n, _LIST_LINE.fullmatch(line)) for n, line in enumerate(text.splitlines(), 1))
        rows = [(f"{file}:{number}", match.groupdict()) for number, match in matches if match]
    else:
        rows = list(_csv_rows(file, text))

    numbers = _Numbers(names or file.with_name(LABEL_NAMES), given=names is not None)
    found, problems = [], []
    for where, fields in rows:
        clip = _value(fields, KEYS["clip"]) if isinstance(fields, dict) else None
        try:
            found.append(_row(where, clip, fields, numbers))
        except InputError as error:
            problems.append(LeftOut(_name_or_none(clip), f"{where}: {error.message}"))
    if not rows:
        raise InputError(f"{file} has no labels")
    return found, problems


class _Numbers:
    """Numbers of actions, read when the first one is met."""

    def __init__(self, file: Path, *, given: bool) -> None:
        self._file, self._names = file, _number_names(file) if given else None

    def name(self, number: str) -> str:
        """The action that a number stands for. Raises InputError."""
        if self._names is None:
            if not self._file.is_file():
                raise InputError(
                    f"label {number} is a number, and there is no {self._file} that says which action it is "
                    "(or --label-names FILE)"
                )
            self._names = _number_names(self._file)
        if int(number) not in self._names:
            raise InputError(f"label {number} is not in {self._file}")
        return self._names[int(number)]


def _number_names(file: Path) -> dict[int, str]:
    """Number -> action. Raises InputError naming the line."""
    names = {}
    for line_number, line in enumerate(_read(file).splitlines(), 1):
        number, _, name = line.strip().replace("\t", " ", 1).partition(" ")
        if line.strip():
            if not number.isdecimal() or not name.strip():
                raise InputError(f"{file}:{line_number}: expected a number, a tab and an action, got {line!r}")
            names[int(number)] = name.strip()
    return names


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {error}") from error


def _csv_rows(file: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    header = next(line for line in text.splitlines() if line.strip())
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    keys = {_key(name) for name in reader.fieldnames or ()}
    for wanted in ("clip", "label"):
        if keys.isdisjoint(KEYS[wanted]):
            raise InputError(
                f"{file}:1: no column for the {wanted}; its name would be one of {', '.join(KEYS[wanted])}",
                hint="Labels are CSV with a header, JSON, or lines `NAME.mp4 NUMBER` (docs/building-a-benchmark.md).",
            )
    try:
        for row in reader:
            if any(row.values()):
                yield f"{file}:{reader.line_num}", {_key(name): value for name, value in row.items() if name}
    except csv.Error as error:
        raise InputError(f"{file}:{reader.line_num}: {error}") from error


def _json_rows(file: Path, text: str) -> Iterator[tuple[str, Any]]:
    try:
        data = json_value(text)
    except ContentError as whole:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].rstrip().endswith("}"):
            raise whole.of(str(file)) from whole
        yield from (
            (f"{file}:{number}", _keyed(parse_json(line.encode(), f"{file}:{number}"))) for number, line in lines
        )
        return
    if isinstance(data, dict) and {"clip", "label"} <= data.keys():
        data = [data]  # a single line of JSON lines
    if isinstance(data, list):
        yield from ((f"{file}[{number}]", _keyed(row)) for number, row in enumerate(data))
    else:
        for clip, value in data.items():
            fields = _keyed(value) if isinstance(value, dict) else {"label": value}
            yield f"{file}[{clip!r}]", {**fields, "clip": clip}


def _row(where: str, clip: str | None, fields: Any, numbers: _Numbers) -> LabelRow:
    """Raises InputError for what is missing."""
    if not isinstance(fields, dict):
        raise InputError(f"expected an object with a clip and a label, got {fields!r}")
    if not clip:
        raise InputError("no clip")
    label, body_part, subject = (_value(fields, KEYS[wanted]) for wanted in ("label", "body_part", "subject"))
    if not label:
        raise InputError(f"clip {clip} has no label")
    if label.isdecimal():
        label = numbers.name(label)
    try:
        return LabelRow(where, clip_name(clip), label, body_part, subject)
    except ValueError as error:
        raise InputError(str(error)) from error


def _name_or_none(clip: str | None) -> str | None:
    """The clip's name; None where there is none that could be found."""
    try:
        return clip_name(clip) if clip else None
    except ValueError:
        return None


def _value(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these keys that holds something, as text."""
    values = (fields.get(name) for name in names)
    return next((text for value in values if value is not None and (text := str(value).strip())), None)


def _keyed(row: Any) -> Any:
    return {_key(str(key)): value for key, value in row.items()} if isinstance(row, dict) else row


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip()).strip("_").casefold()
