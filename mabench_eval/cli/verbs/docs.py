"""Read the documentation in the terminal: its topics, or one of them."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_markdown, print_table, print_text
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import Option
from mabench_eval.errors import InputError, did_you_mean

OPTIONS = (Option("topic TOPIC", "a topic; without one all are listed", nargs="?"),)
EXAMPLES = """\
examples:
  mabench-eval docs
  mabench-eval docs tour
  mabench-eval docs scores | less
"""


def run(options: Namespace) -> int:
    """List the topics, or print one: set for a terminal, else as its Markdown is. Raises InputError for none such."""
    topics = doc_files()
    if options.topic is None:
        print_table(["Topic", "About"], [[name, _title(file)] for name, file in topics.items()], text_columns=2)
        return DONE
    file = topics.get(options.topic.casefold().removesuffix(".md"))
    if file is None:
        known = did_you_mean(options.topic, dict(topics))
        raise InputError(f"no topic {options.topic!r}{known}", hint=f"There are: {', '.join(topics)}")
    text = file.read_text(encoding="utf-8")
    if sys.stdout.isatty():
        print_markdown(text)
    else:
        print_text(text)
    return DONE


def doc_files() -> dict[str, Path]:
    """Topic -> its page, by name."""
    from mabench_eval.catalogue import builtin_folder

    return {file.stem: file for file in sorted((builtin_folder() / "docs").glob("*.md"))}


def _title(file: Path) -> str:
    with file.open(encoding="utf-8") as lines:
        return next(lines).lstrip("# ").strip()
