"""``build DIR audit``: the gate that questions pass before they go out."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_wrapped
from mabench_eval.cli.exit_codes import DONE, FAILED
from mabench_eval.cli.shared_options import JSON, Action, Option
from mabench_eval.cli.verbs.audit import print_looks
from mabench_eval.cli.verbs.build.shared import command

if TYPE_CHECKING:
    from mabench_eval.construction import BuildFolder, Coverage, GateRecord

EXAMPLES = """\
examples:
  mabench-eval build mine audit                       0: passed; 1: refused
  mabench-eval build mine audit --against train.json  no clip, no person in both

It looks at the questions that verifiers and reviewers leave, and needs
scikit-learn: pip install '.[audit]'. docs/audit.md says what is looked
at and how it is weighed. What it finds is kept in gate.json; after any change of
the questions it has to look again.
"""
STEP = Action(
    "audit",
    "the gate: whether answers can be told without the video; `export` needs it",
    Option(
        "--against FILE",
        "question file that may share no clip, no bytes and no person with it, e.g. training data; may be given again",
        action="append",
        default=[],
    ),
    JSON,
    epilog=EXAMPLES,
)


def run(options: Namespace) -> int:
    """Print what the gate says; the exit status is its verdict."""
    from mabench_eval.construction import audit_build, open_build
    from mabench_eval.runfiles import to_json

    folder = open_build(options.dir)
    record = audit_build(folder, options.against)
    if options.json:
        print_json(to_json(record))
        return DONE if record.passed else FAILED

    for line in coverage_lines(record.coverage):
        print_wrapped(line)
    print_looks(record.readings)
    if record.passed:
        print_out(f"passed: none of {len(record.readings)} looks tells more than chance; {folder.path / 'gate.json'}")
        return DONE
    for line in refusal(record, folder):
        print_wrapped(line)
    print_line(f"next: mend what is named, then {command(folder.path)} audit")
    return FAILED


def coverage_lines(coverage: Coverage) -> Iterator[str]:
    """What the questions are about."""
    persons = f", {coverage.persons} persons" if coverage.persons else ""
    yield (
        f"questions on {coverage.clips:,} of {coverage.of_clips:,} clips, of {coverage.actions} of "
        f"{coverage.of_actions} actions{persons}: {counted(coverage.tasks)}"
    )
    if coverage.parts:
        yield f"parts asked for: {counted(coverage.parts)}"
    yield "answers: " + "; ".join(f"{task} {counted(answers)}" for task, answers in coverage.answers.items())


def counted(counts: Mapping[str, int]) -> str:
    """``SAD 56, MAD 54``."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def refusal(record: GateRecord, folder: BuildFolder) -> Iterator[str]:
    """What leaks, and what to do about it."""
    gate, again = record.gate, command(folder.path)
    for finding in gate.faults:
        few = ", ".join(finding.places[:3]) + (", ..." if len(finding.places) > 3 else "")
        yield f"refused: {finding.check}: {finding.found:,} of {finding.of:,} {finding.unit}: {finding.told} ({few})"
    for task in dict.fromkeys(row.task for row in gate.leaks):
        looks = ", ".join(
            f"{row.look}{f' ({row.what})' if row.what else ''} {row.accuracy:.1f} % (by chance {row.chance:.1f})"
            for row in gate.leaks
            if row.task == task
        )
        yield f"refused: {task}: {looks}"
        telling = record.telling[task]
        for name, groups in (("kinds", telling.families), ("statements", telling.statements)):
            if groups:
                most = ", ".join(f"{what} {yes} of {of}" for what, (of, yes) in list(groups.items())[:3])
                yield f"  {name} that are most unevenly Yes: {most}"
        if telling.words:
            yield f"  words that tell: {', '.join(telling.words)}"
    if gate.leaks:
        yield (
            "What to do: where verifiers or reviewers left out questions with one answer more often than with the "
            "other, drop these statements in review, or reword each as a whole; labels and letters are drawn anew by "
            f"{again} ask --seed N"
        )
