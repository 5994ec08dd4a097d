"""Why pip, uv or git could not install: the cause out of pages of output, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.environments.location import FOLDER_VARIABLE

LONGEST = 300
"""Characters of a cause."""
PROXY = (
    "Behind a proxy: HTTPS_PROXY; with an index of your own: pip config, or PIP_INDEX_URL (UV_DEFAULT_INDEX for uv)."
)
_BOX = re.compile(r"^[│|]\s?")
"""What pip draws before the output of a command that it ran."""
_SAYS_NOTHING = re.compile(
    r"subprocess-exited-with-error|metadata-generation-failed|failed-wheel-build|did not run successfully|exit code: \d"
    r"|Failed (?:building|to build)|Could not build wheels|Encountered error while|ResolutionImpossible"
    r"|^WARNING:|^note:|^hint:"
)
"""Lines that tell that something failed and not what."""
_NO_CONNECTION = re.compile(
    r"name resolution|resolve host|Name or service not known|dns error|error resolving DNS|client error \(Connect\)"
    r"|Connection (?:refused|reset|timed out)|Network is unreachable|connection broken by|tunnel"
    r"|(?:Connect|Read|NewConnection|Proxy|SSL)(?:Timeout|Error)|certificate verif|invalid peer certificate",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(r"No matching distribution found|Could not find a version")
"""What pip says too where the index could not be asked."""
_TELLING = (
    re.compile(r"^fatal: (.+)"),  # git
    re.compile(r"^((?:\w+\.)*\w*(?:Error|Exception): .+)"),  # Python, in the code of a package
    re.compile(r"^cause: (Because .+)"),  # uv's resolver
    re.compile(r"^(?:ERROR|error): (.+)"),
)
"""Causes, the most telling first; of several the last."""


@dataclass(frozen=True, slots=True)
class InstallFailure:
    """A cause, and what to do."""

    cause: str
    hint: str = ""


def explain_failure(lines: Sequence[str]) -> InstallFailure:
    """The cause in the output of pip, uv or git, in a line."""
    texts = [_BOX.sub("", line.strip()).strip() for line in lines]
    if any("No space left on device" in text for text in texts):
        return InstallFailure("the disk is full", f"{FOLDER_VARIABLE}=DIR names a folder on another disk.")

    telling = [text for text in texts if text and not _SAYS_NOTHING.search(text)]
    cause = _cause(telling)
    broken = [text for text in texts if _NO_CONNECTION.search(text)]
    if broken and (_NO_CONNECTION.search(cause) or _NOT_FOUND.search(cause)):
        reason = cause if _NO_CONNECTION.search(cause) else broken[-1]
        error = re.search(
            r"\[Errno -?\d+\] ([\w ]+)", reason
        )  # out of what Python makes of an exception in an exception
        return InstallFailure(f"there is no connection: {_cut(error[1] if error else reason)}", PROXY)
    if "Hash mismatch" in cause:
        return InstallFailure(
            f"a file is another than the one that was locked: {_cut(cause)}",
            "The index holds something else than the public one did; `env make NAME --no-lock` takes what it holds.",
        )
    return InstallFailure(_cut(cause))


def _cause(telling: Sequence[str]) -> str:
    """The most telling line, with what goes on with it."""
    for pattern in _TELLING:
        numbers = [number for number, text in enumerate(telling) if pattern.search(text)]
        if not numbers:
            continue
        found = pattern.search(telling[numbers[-1]])
        assert found
        rest = telling[numbers[-1] + 1 :]
        causes = [text.removeprefix("cause: ") for text in rest if text.startswith("cause: ")]
        if causes and pattern is _TELLING[-1]:  # uv: from the outermost to the innermost
            return f"{found[1]}: {causes[-1]}"
        if rest[:1] == ["The conflict is caused by:"]:
            return f"{found[1].split(' because')[0]}: {'; '.join(rest[1:3])}"
        if rest and "DO NOT MATCH THE HASHES" in found[1]:
            return f"Hash mismatch for {rest[0].split(' from ')[0]}"
        return " ".join([found[1], *(text for text in rest[:1] if text.startswith("And because"))])
    return telling[-1] if telling else "there was no output"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
