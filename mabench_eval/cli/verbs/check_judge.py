"""Measure a judge without any human label.

It scores references as their own answers, references of other clips, and references with controlled damage, which must
lower one level and leave the others. The same command asks only what is missing. docs/judges.md explains the card.
"""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.question_file import read_questions
from mabench_eval.cli.shared_options import INCLUDE, JSON, JUDGE_ENDPOINT, REQUIRED_DATA, Option, judge_settings
from mabench_eval.errors import InputError

OPTIONS = (
    Option(
        "judge JUDGE",
        "a judge (see `list judges`), or a model: by its name, hf:ORG/NAME, the folder of a checkpoint, or `openai`",
    ),
    *JUDGE_ENDPOINT,
    *REQUIRED_DATA,
    Option("--repeats K", "how often each case is asked (default: 2)", type=int, default=2),
    Option("--limit N", "the first N clips only", type=int),
    Option("--seed SEED", "seed that draws other clips and wrong labels (default: 0)", type=int, default=0),
    Option(
        "-o --output DIR",
        "the card goes to DIR/judge-cards/<judge>/ (default: results)",
        type=output_folder,
        default="results",
    ),
    INCLUDE,
    JSON,
)


def run(options: Namespace) -> int:
    """Put known cases to a judge, write its card; 3 when some could not be scored."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.journal import Journal, fingerprint, write_json, write_text
    from mabench_eval.judging import JudgePlan, check, open_judges
    from mabench_eval.planning import folder_name

    catalogue = load_catalogue(options.include).check()
    benchmark = read_questions(options.data, catalogue.tasks, options.clips)
    judges = open_judges(options.judge, catalogue, judge_settings(options))
    if len(judges) != 1:
        raise InputError(f"check-judge checks one judge at a time, got {options.judge!r}")
    (judge,) = judges
    if problems := JudgePlan(judges, tuple(catalogue.tasks.values())).problems(benchmark.questions):
        raise InputError("the judge cannot start", problems=problems)
    for warning in judge.warnings():
        print_line(f"warning: {warning}")

    identity = fingerprint({"judge": judge.identity, "data": benchmark.sha256})[:12]
    folder = options.output / "judge-cards" / folder_name(judge.name) / f"{folder_name(benchmark.name)}-{identity}"
    with make_progress() as progress, Journal(folder) as journal:
        for warning in journal.records.warnings:
            progress.note(warning)
        card = check.check_judge(
            judge,
            benchmark,
            tuple(catalogue.tasks.values()),
            options.seed,
            options.repeats,
            options.limit,
            progress,
            journal.records,
            journal.append,
        )
    write_json(folder / "card.json", card)
    write_text(folder / "card.md", check.card_markdown(card))

    if options.json:
        print_json(card)
    else:
        print_table(check.CHECK_HEADER, check.check_rows(card), text_columns=2)
        print_table(check.KIND_HEADER, check.kind_rows(card), text_columns=2)
        print_table(check.OTHER_HEADER, check.other_rows(card), text_columns=2)
    print_line(f"judge card: {folder / 'card.md'}")
    return INCOMPLETE if card["usage"]["without_score"] else DONE
