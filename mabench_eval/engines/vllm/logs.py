"""vLLM's log: in a file of its own, so that it does not run across the progress, and a failure's cause can be told."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

_ERROR = re.compile(r"(?:^|\) |ERROR )(?P<error>(?:\w+\.)*\w*(?:Error|Exception): .+)$", re.MULTILINE)
_EMPTY = re.compile(r"root cause|initialization failed|See stack trace", re.IGNORECASE)
"""Errors that only say that there was another."""


class Log:
    """The log of this process's vLLM, and of the processes that it starts."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.file = folder / "vllm.log" if folder else None
        """None: vLLM logs as the environment says."""

    def place(self) -> int:
        """Bytes written so far, from which ``cause`` then reads."""
        return self.file.stat().st_size if self.file and self.file.exists() else 0

    def cause(self, since: int = 0) -> str:
        """The first error with a meaning that was logged since a place; empty where there is none."""
        if self.file is None or not self.file.exists():
            return ""
        with self.file.open("rb") as stream:
            stream.seek(since)
            text = stream.read().decode(errors="replace")
        return next((found["error"] for found in _ERROR.finditer(text) if not _EMPTY.search(found["error"])), "")

    def keep(self) -> None:
        """Leave the file where it is when this process ends."""
        self._folder = None

    def discard(self) -> None:
        """Remove the file, unless it is kept."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


@cache
def open_log() -> Log:
    """The log of this process; call it before vLLM is imported for the first time.

    Logging that the user has set up, in the environment or by importing vLLM before, is left as it is.
    """
    if "VLLM_LOGGING_CONFIG_PATH" in os.environ or "VLLM_CONFIGURE_LOGGING" in os.environ or "vllm" in sys.modules:
        return Log(None)
    folder = Path(tempfile.mkdtemp(prefix="mabench-vllm-"))
    log = Log(folder)
    level = os.environ.get("VLLM_LOGGING_LEVEL", "INFO").upper()
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(asctime)s (%(processName)s) %(levelname)s %(message)s"}},
        "handlers": {"file": {"class": "logging.FileHandler", "filename": str(log.file), "formatter": "plain"}},
        "loggers": {"vllm": {"handlers": ["file"], "level": level, "propagate": False}},
    }
    (folder / "logging.json").write_text(json.dumps(config), encoding="utf-8")
    os.environ["VLLM_LOGGING_CONFIG_PATH"] = str(folder / "logging.json")  # read by every process that vLLM starts
    atexit.register(log.discard)
    return log
