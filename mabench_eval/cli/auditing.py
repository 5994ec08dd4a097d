"""``mabench-eval audit``: the benchmark itself, before any model."""

from __future__ import annotations

import textwrap
from argparse import Namespace

from mabench_eval.auditing import (
    COUNTS,
    SHARES,
    SHORTCUTS,
    WORDS,
    Audit,
    alarms,
    count_rows,
    finding_lines,
    flag_lines,
    how,
    report_markdown,
    share_rows,
    shortcut_rows,
    word_rows,
    write_flags,
)
from mabench_eval.auditing import audit as run_audit
from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.errors import InputError
from mabench_eval.journal import write_text

WIDTH = 100


def audit(options: Namespace) -> int:
    """Print what was found, write the flags and, where wanted, the report; 0."""
    found = run_audit(
        options.data,
        answers=options.answers,
        probe=not options.no_probe,
        folds=options.folds,
        repeats=options.repeats,
        seed=options.seed,
    )
    write_flags(found, options.flags)
    if options.report:
        try:
            write_text(options.report, report_markdown(found))
        except OSError as error:
            raise InputError(f"{options.report}: cannot be written: {error.strerror}") from error
    if options.json:
        print_json(found.document())
    else:
        _print(found)
    print_line(f"flags: {options.flags}" + (f"; report: {options.report}" if options.report else ""))
    return 0


def _print(found: Audit) -> None:
    print_table(COUNTS, count_rows(found))
    for line in finding_lines(found.findings):
        print(textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  "))
    if found.shares:
        uneven = [row for row in share_rows(found.shares) if row[-1]]
        print("\nEvery answer is right about as often as any other" + (", except:" if uneven else "."))
        if uneven:
            print_table(SHARES, uneven, text_columns=2)
    if found.shortcuts:
        print("\n" + textwrap.fill(how(found), WIDTH))
        print_table(SHORTCUTS, shortcut_rows(found.shortcuts), text_columns=2)
        print_table(WORDS, word_rows(found), text_columns=3)
    elif not found.benchmark.labelled:
        print("\nThe file has no answers: how far words alone go cannot be told.")
    for line in flag_lines(found):
        print(line)
    for line in alarms(found):
        print(textwrap.fill(f"ATTENTION: {line}", WIDTH, subsequent_indent="  "))
