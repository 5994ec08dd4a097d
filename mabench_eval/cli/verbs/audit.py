"""Check the benchmark itself: whether it is complete, and how far one gets without the video.

Counts, duplicates, options that repeat or stand out, answers that contradict each other; and, where there are answers,
how far words and simple rules go on clips that they have not seen.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_table, print_text, writing
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import JSON, REQUIRED_DATA, Option

if TYPE_CHECKING:
    from mabench_eval.auditing import Audit

OPTIONS = (
    *REQUIRED_DATA,
    Option(
        "--answers FILE", "labelled question file whose answers are taken over, by id, for questions that have none"
    ),
    Option("--report FILE", "write the whole audit as Markdown", type=Path),
    Option(
        "--flags FILE",
        "write the flags of each question, for `run --flags` (default: audit.json)",
        type=Path,
        default=Path("audit.json"),
    ),
    Option(
        "--no-probe",
        "leave out rules and the text-only probe, which needs scikit-learn: pip install 'mabench_eval[audit]'",
    ),
    Option(
        "--folds N",
        "folds of the clips, each answered by what was learnt on the others (default: 10)",
        type=int,
        default=10,
    ),
    Option("--repeats N", "how often the clips are dealt into folds anew (default: 5)", type=int, default=5),
    Option("--seed SEED", "seed that deals the clips (default: 0)", type=int, default=0),
    JSON,
)
WIDTH = 100


def run(options: Namespace) -> int:
    """Print what the audit says, write the flags and, where wanted, the report."""
    from mabench_eval import auditing
    from mabench_eval.journal import write_text

    audit = auditing.audit(
        options.data,
        clips=options.clips,
        answers=options.answers,
        probe=not options.no_probe,
        folds=options.folds,
        repeats=options.repeats,
        seed=options.seed,
    )
    auditing.write_flags(audit, options.flags)
    if options.report:
        with writing(options.report):
            write_text(options.report, auditing.report_markdown(audit))

    if options.json:
        print_json(audit.document())
    else:
        _print(audit)
    print_line(f"flags: {options.flags}" + (f"; report: {options.report}" if options.report else ""))
    return DONE


def _print(audit: Audit) -> None:
    from textwrap import fill

    from mabench_eval import auditing

    print_table(auditing.COUNTS, auditing.count_rows(audit))
    for line in auditing.finding_lines(audit.findings):
        print_text(fill(line, WIDTH, initial_indent="- ", subsequent_indent="  "))

    if audit.shares:
        uneven = [row for row in auditing.share_rows(audit.shares) if row[-1]]
        print_text("\nEvery answer is right about as often as any other" + (", except:" if uneven else "."))
        if uneven:
            print_table(auditing.SHARES, uneven, text_columns=2)

    if audit.shortcuts:
        print_text("\n" + fill(auditing.how(audit), WIDTH))
        print_table(auditing.SHORTCUTS, auditing.shortcut_rows(audit.shortcuts), text_columns=2)
        print_table(auditing.WORDS, auditing.word_rows(audit), text_columns=3)
    elif not audit.benchmark.labelled:
        print_text("\nThe file has no answers: how far words alone go cannot be measured.")

    for line in auditing.flag_lines(audit):
        print_out(line)
    for line in auditing.alarms(audit):
        print_text(fill(f"ATTENTION: {line}", WIDTH, subsequent_indent="  "))
