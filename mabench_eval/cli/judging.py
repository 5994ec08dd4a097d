"""``mabench-eval judge`` and ``check-judge``: open answers of a finished run, and how far a judge can be trusted."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli.console import make_progress, print_json, print_line, print_table
from mabench_eval.cli.options import judge_settings
from mabench_eval.cli.run import ending, print_scores, result_json
from mabench_eval.errors import InputError
from mabench_eval.journal import Journal, fingerprint, write_json, write_text
from mabench_eval.judging import open_judges
from mabench_eval.judging.check import (
    CHECK_HEADER,
    KIND_HEADER,
    OTHER_HEADER,
    card_markdown,
    check_judge,
    check_rows,
    kind_rows,
    other_rows,
)
from mabench_eval.planning import folder_name
from mabench_eval.runs import judge_run


def judge(options: Namespace) -> int:
    """Judge a run, print the table; 3 when scores are missing."""
    progress = make_progress()
    try:
        result = judge_run(
            options.run,
            options.judge,
            judge_settings(options),
            include=options.include,
            max_cost=options.max_cost,
            progress=progress,
        )
    finally:
        progress.close()
    print_json(result_json(result)) if options.json else print_scores(result.scores)
    return ending(result)


def check(options: Namespace) -> int:
    """Put known cases to a judge, write its card; 3 when some could not be scored."""
    catalogue = load_catalogue(options.include).check()
    benchmark = load_benchmark(options.data, catalogue.tasks, options.clips)
    judges = open_judges(options.judge, catalogue, judge_settings(options))
    if len(judges) != 1:
        raise InputError(f"check-judge checks one judge at a time, got {options.judge!r}")
    (checked,) = judges
    if problems := checked.problems():
        raise InputError("the judge cannot start", problems=problems)
    for warning in checked.warnings():
        print_line(f"warning: {warning}")
    identity = fingerprint({"judge": checked.identity, "data": benchmark.sha256})[:12]
    folder = options.output / "judge-cards" / folder_name(checked.name) / f"{folder_name(benchmark.name)}-{identity}"
    progress = make_progress()
    try:
        with Journal(folder) as journal:
            card = check_judge(
                checked,
                benchmark,
                tuple(catalogue.tasks.values()),
                options.seed,
                options.repeats,
                options.limit,
                progress,
                journal.records,
                journal.append,
            )
    finally:
        progress.close()
    write_json(folder / "card.json", card)
    write_text(folder / "card.md", card_markdown(card))
    if options.json:
        print_json(card)
    else:
        print_table(CHECK_HEADER, check_rows(card), text_columns=2)
        print_table(KIND_HEADER, kind_rows(card), text_columns=2)
        print_table(OTHER_HEADER, other_rows(card), text_columns=2)
    print_line(f"judge card: {folder / 'card.md'}")
    return 3 if card["usage"]["without_score"] else 0
