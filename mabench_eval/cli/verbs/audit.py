"""Check the benchmark itself: whether it is complete, and how far one gets without the video.

Counts, duplicates, options that repeat or stand out, answers that contradict each other; and, where there are answers,
how far words, numbers, lengths and options go without the video, beside what chance gives. `--gate` makes that a test.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_table, print_text, print_wrapped, writing
from mabench_eval.cli.exit_codes import DONE, FAILED
from mabench_eval.cli.outputs import output_file
from mabench_eval.cli.question_file import print_note
from mabench_eval.cli.shared_options import JSON, REQUIRED_DATA, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.auditing import Audit, Reading

EXAMPLES = """\
examples:
  mabench-eval audit --data test.json --gate      may it go out? 0 yes, 1 no
  mabench-eval audit --data test.json --answers sample.json   answers, by id
  mabench-eval audit --data test.json --against train.json    no clip in both

docs/audit.md says how to read it.
"""
OPTIONS = (
    *REQUIRED_DATA,
    Option(
        "--answers FILE", "labelled question file whose answers are taken over, by id, for questions that have none"
    ),
    Option(
        "--gate",
        "the exit status tells whether it may go out: 1 where a look tells more than chance, among all looks, or "
        "something is there that must not be (double options, duplicates, a label named beside it, contradictions, "
        "clips or people of --against)",
    ),
    Option(
        "--against FILE",
        "question file that may share no clip, no bytes and no person with it, e.g. training data; may be given again",
        action="append",
        default=[],
    ),
    Option(
        "--subjects REGEX",
        "finds the person in a clip's name: its first group, or all that it matches (default: MA-52's names)",
    ),
    Option("--report FILE", "write the whole audit as Markdown", type=output_file),
    Option(
        "--flags FILE",
        "write the flags of each question, for `run --flags` (default: audit.json)",
        type=output_file,
        default="audit.json",
    ),
    Option(
        "--no-probe",
        "leave out the looks at answers, which need scikit-learn: pip install '.[audit]'",
    ),
    Option(
        "--folds N",
        "folds of clips, or statements, each answered by what was learnt on the others (default: 10)",
        type=int,
        default=10,
    ),
    Option("--repeats N", "how often they are dealt anew (default: 5; large files: once)", type=int, default=5),
    Option("--seed SEED", "seed of deals and draws (default: 0)", type=int, default=0),
    JSON,
)


def run(options: Namespace) -> int:
    """Print what the audit says, write the flags and, where wanted, the report."""
    from mabench_eval import auditing
    from mabench_eval.journal import write_text

    if options.gate and options.no_probe:
        raise InputError("--gate --no-probe: the gate looks at the answers; leave one of the two out")
    audit = auditing.audit(
        options.data,
        clips=options.clips,
        answers=options.answers,
        against=options.against,
        subjects=options.subjects,
        probe=not options.no_probe,
        folds=options.folds,
        repeats=options.repeats,
        seed=options.seed,
    )
    print_note(audit.benchmark)
    if options.gate and not audit.benchmark.labelled:
        raise InputError(f"--gate: {audit.benchmark.file} has no answers", hint="Give them: --answers FILE")
    auditing.write_flags(audit, options.flags)
    if options.report:
        with writing(options.report):
            write_text(options.report, auditing.report_markdown(audit))

    if options.json:
        print_json(audit.document())
    else:
        _print(audit)
    print_line(f"flags: {options.flags}" + (f"; report: {options.report}" if options.report else ""))
    return FAILED if options.gate and not audit.gate.passed else DONE


def _print(audit: Audit) -> None:
    from mabench_eval import auditing

    print_table(auditing.COUNTS, auditing.count_rows(audit))
    for line in auditing.finding_lines(audit.findings):
        print_wrapped(line, first="- ")

    if audit.shares:
        uneven = [row for row in auditing.share_rows(audit.shares) if row[-1]]
        print_text("\nEvery answer is right about as often as any other" + (", except:" if uneven else "."))
        if uneven:
            print_table(auditing.SHARES, uneven, text_columns=2)

    if audit.readings:
        print_out()
        print_wrapped(auditing.how(audit), hang="")
        print_looks(audit.readings)
        print_table(auditing.WORDS, auditing.word_rows(audit), text_columns=3)
        for line in auditing.verdict_lines(audit.gate):
            print_wrapped(line)
    elif not audit.benchmark.labelled:
        print_text("\nThe file has no answers: how far one gets without the video cannot be measured.")

    for line in auditing.flag_lines(audit):
        print_wrapped(line)
    for line in auditing.alarms(audit):
        print_wrapped(f"ATTENTION: {line}")


def print_looks(readings: Sequence[Reading]) -> None:
    """What words say, and what is not as chance has it, as a table."""
    from mabench_eval import auditing

    shown, others = auditing.shown_looks(readings)
    print_table(auditing.LOOKS, auditing.look_rows(shown), text_columns=2)
    print_text(f"and {others} looks within 95 % of chance")
