"""Errors a user can act on: what was wrong, where, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mabench_eval.text import cut, visible

LONGEST_LINE = 300
"""Characters of another's error message in one of ours."""
LONGEST_TRACEBACK = 8_000
"""Characters of a traceback that a journal keeps: its beginning and its end."""
INNERMOST_CALLS = 30
"""Of a traceback; a bottomless recursion has thousands."""
LONGEST_MESSAGE = 1_500
"""Characters of a message or of one problem: whatever a file holds, an error fits on a screen."""
LONGEST_HINT = 6_000
"""Of a hint, which may hold a command to repeat."""
LONGEST_PRINTED = 200
"""Of the last line that a repository's code printed before it broke."""
PRINTED = "Printed before, the last of it:"
"""Begins the note of an error that holds what the code had written to stdout."""
BEFORE = "; printed before: "
"""Stands in a message between the error and the last line of that."""


class MabenchError(Exception):
    """Base of all errors this library raises on purpose; the command line prints it without a traceback."""

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str = "") -> None:
        self.message = _shown(message, LONGEST_MESSAGE)
        """One sentence: what is wrong, and where."""
        super().__init__(self.message)
        self.problems = tuple(_shown(problem, LONGEST_MESSAGE) for problem in problems)
        """The problems one by one, where there are several; all of them, found in one pass."""
        self.hint = _shown(hint, LONGEST_HINT)
        """What to do next; empty when the message already says it."""

    def __str__(self) -> str:
        lines = [self.message, *(f"  - {problem}" for problem in self.problems)]
        return "\n".join([*lines, self.hint] if self.hint else lines)


def _shown(text: str, most: int) -> str:
    """The text as any terminal, journal or notebook may show it: names in it come from elsewhere."""
    return visible(cut(text, most))


class InputError(MabenchError):
    """Bad input (a question file, a card, an option, a missing clip). Nothing was run."""


class ClipError(MabenchError):
    """One clip cannot be read or decoded; its questions become errors and the run goes on."""


class ModelError(MabenchError):
    """The model cannot go on at all: it does not load, or every question fails."""

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str = "", trace: str = "") -> None:
        super().__init__(message, problems=problems, hint=hint)
        self.trace = trace
        """Where its own code broke, as ``trace_of`` says it; for the journal."""


class JournalError(MabenchError):
    """The journal cannot be written (disk full, folder in use). Its records are intact."""


def did_you_mean(name: str, known: Mapping[str, Any] | list[str]) -> str:
    """A suggestion, ready to append to a message; empty when nothing known is close."""
    from difflib import get_close_matches  # the command line starts without it

    folded = {str(k).casefold(): str(k) for k in known}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""


def error_line(error: BaseException) -> str:
    """Type and message of an error in one line of bounded length; of one without words the type and its place.

    An error of anybody's code may have any message, and a bare ``assert`` has none.
    """
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - it is a user's
        text = "(its message cannot be made)"
    if not text.strip():
        return type(error).__name__ + place_of(error)
    return cut(" ".join(f"{type(error).__name__}: {text}".split()), LONGEST_LINE)


def error_at(error: BaseException) -> str:
    """The same, and the file and line of a user's code where it broke: ``KeyError: 'x' (at model.py:12)``.

    And the last line that it had printed, where its stdout was taken away.
    """
    place = place_of(error)
    return f"{error_line(error).removesuffix(place)}{place}{printed_before(error)}"


def note_printed(error: BaseException, text: str) -> None:
    """Let an error carry what its code printed before; tracebacks show it. Of a progress bar its last state counts."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    if printed := visible("\n".join(line for line in lines if line)):
        error.add_note(f"{PRINTED}\n{printed}")


def printed_before(error: BaseException) -> str:
    """``"; printed before: frames must be 4"``: the last line of that; empty where nothing was printed."""
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(f"{PRINTED}\n")]
    return BEFORE + cut(notes[-1].splitlines()[-1], LONGEST_PRINTED) if notes else ""


def place_of(error: BaseException) -> str:
    """``" (at model.py:12)"``: the innermost line that is a user's, or else of whatever package; empty for none."""
    import sysconfig  # the command line starts without these
    import traceback

    frames = traceback.extract_tb(error.__traceback__, limit=-INNERMOST_CALLS)
    installed = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), str(Path(__file__).parent))
    own = [frame for frame in frames if not frame.filename.startswith(installed)] or frames
    return f" (at {_from_here(own[-1].filename)}:{own[-1].lineno})" if own else ""


def trace_of(error: BaseException) -> str:
    """The traceback of an error, of bounded length."""
    import traceback

    lines = traceback.format_exception(error, limit=-INNERMOST_CALLS)
    return cut("".join(lines).rstrip(), LONGEST_TRACEBACK)


def _from_here(file: str) -> str:
    """A path as short as it can be said: from the working folder, where it lies in it."""
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return file
