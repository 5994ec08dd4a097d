"""The actions of a benchmark and their body parts: the 52 of MA-52, or those of a table of the user's own."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS

COLUMNS = ("code", "action", "body_part")
"""Of a table of actions."""


@dataclass(frozen=True, slots=True)
class Action:
    """A fine label, with the coarse one that follows from it."""

    code: str
    """Short and unique, e.g. ``B1``."""
    name: str
    """As it is printed in questions, e.g. ``Nodding``."""
    body_part: str


class Actions:
    """The labels that a clip may have."""

    def __init__(self, actions: Iterable[Action], source: str) -> None:
        """``source``: where they are from, for messages. Raises InputError for two of one name or code."""
        self.all = tuple(actions)
        self._by_word: dict[str, Action] = {}
        for action in self.all:
            for word in (action.code, action.name, f"{action.name} - {action.code}"):
                if self._by_word.setdefault(_folded(word), action) is not action:
                    raise InputError(f"{source}: two actions are named {word!r}")

    def find(self, label: str) -> Action:
        """The action of a label: by its name, its code, or both as in ``Nodding - B1``; case and dashes do not matter.

        Raises InputError with what it may have meant.
        """
        found = self._by_word.get(_folded(label))
        if found is None:
            close = did_you_mean(label, [action.name for action in self.all])
            raise InputError(f"no action {label!r} among the {len(self.all)} of the taxonomy{close}")
        return found

    def table(self) -> str:
        """The actions as CSV, in their order."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((action.code, action.name, action.body_part) for action in self.all)
        return stream.getvalue()


def ma52_actions() -> Actions:
    """The 52 micro-actions of MA-52, labels as printed in MA-Bench."""
    actions = (Action(code, name, BODY_PARTS[code[0]]) for code, name in MICRO_ACTIONS.items())
    return Actions(actions, "MA-52")


def read_actions(file: Path | None) -> Actions:
    """A table of actions, CSV with the columns code, action, body_part; the 52 of MA-52 where none is given.

    Raises InputError naming file and line.
    """
    if file is None:
        return ma52_actions()
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read taxonomy {file}: {error}") from error
    problems = [problem for number, row in enumerate(rows, 2) for problem in _problems(row, f"{file}:{number}")]
    if problems or not rows:
        raise InputError(
            f"{file} is no table of actions",
            problems=problems or ["it has no rows"],
            hint=f"It needs the columns {','.join(COLUMNS)}, and a row an action: B1,Nodding,Head",
        )
    return Actions((Action(*(row[column].strip() for column in COLUMNS)) for row in rows), str(file))


def _problems(row: Mapping[str, str | None], where: str) -> Iterable[str]:
    return (f"{where}: no {column}" for column in COLUMNS if not (row.get(column) or "").strip())


def _folded(label: str) -> str:
    """What two spellings of a label have in common."""
    return " ".join(re.sub(r"[\W_]+", " ", label).casefold().split())
