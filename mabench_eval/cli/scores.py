"""A run's scores on the terminal, and what to do next."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import Any

from mabench_eval.answers import NOT_ASKED
from mabench_eval.cli.console import print_json, print_line, print_table, print_wrapped
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE
from mabench_eval.errors import BEFORE
from mabench_eval.planning import judge_arguments
from mabench_eval.runfiles import RunScores
from mabench_eval.runs import Result
from mabench_eval.tables import (
    HEADERS,
    MOST,
    agreement_rows,
    circular_rows,
    detail_rows,
    flag_rows,
    insights,
    judging_usage,
    label_lines,
    letter_rows,
    notes,
    open_rows,
    repeat_lines,
    table2_cells,
)
from mabench_eval.types import Outcome

TABLE2_BREAKS = (8,)
"""Where Table 2 is split behind its first column: before the open tasks."""


def print_result(result: Result, *, as_json: bool) -> None:
    """The scores of a run on stdout: the tables, or one JSON document with the run's folder."""
    if as_json:
        print_json(result_json(result))
    else:
        print_scores(result.scores)


def result_json(result: Result) -> dict[str, Any]:
    """What ``--json`` prints of a run: its folder, and the content of ``scores.json``."""
    return {"folder": str(result.folder), **result.scores.to_json()}


def print_scores(scores: RunScores) -> None:
    """The table in the paper's shape, and what stands behind it, on stdout."""
    print_table(["Method", *HEADERS], [[scores.label, *table2_cells(scores)]], breaks=TABLE2_BREAKS)
    print_table(*detail_rows(scores))
    for table in (open_rows(scores), agreement_rows(scores)):
        if table[1]:
            print_table(*table, text_columns=2)
    if scores.flags:
        print_table(*flag_rows(scores))
    if scores.circular:
        print_table(*circular_rows(scores))
        print_table(*letter_rows(scores), text_columns=2)
    for line in [*repeat_lines(scores), *label_lines(scores), *insights(scores), *notes(scores)]:
        print_wrapped(line)


def print_next_steps(result: Result) -> int:
    """What the judges cost, where the results are, and what to do about what is missing; 0, or 3 when incomplete."""
    for line in judging_usage(result.record.judging):
        print_line(line)
    print_line(f"results: {result.folder}")

    # without what the model's code printed before: that may name the question
    errors = Counter(
        str(sample.error).partition(BEFORE)[0] for sample in result.samples if sample.outcome is Outcome.ERROR
    )
    if errors:
        error, count = errors.most_common(1)[0]
        # What was not asked, its clip being left out or the run stopped, has not failed.
        if error != NOT_ASKED and count > 1 and count / len(result.samples) >= MOST:
            print_line(f"{count} of {len(result.samples)} questions failed alike: {error}")
        print_line(f"The run is incomplete. Ask again what is missing: {result.record.command}")
    elif any(sample.levels is None and sample.error is not None for sample in result.samples):
        print_line(f"Judge the answers without a score: {judge_command(result)}")
    return DONE if result.complete else INCOMPLETE


def judge_command(result: Result) -> str:
    """The command that judges a run whose open answers are not judged, or not all."""
    config = result.record.config
    judge = "gpt-4o" if config["judge"] == "none" else config["judge"]
    words = ["mabench-eval", "judge", str(result.folder), "--judge", judge, *judge_arguments(config["judge_settings"])]
    return shlex.join(words)
