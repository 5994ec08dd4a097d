"""``mabench-eval compare``: runs against each other, with error bars."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.comparison import Difference, Pair, compare
from mabench_eval.markdown import escape, table

HEADER = ("", "first", "second", "difference", "95 %", "p (Holm)", "better", "worse", "finds")
LEGEND = (
    "difference: second - first, with its 95 % interval by clips; p: of no difference, adjusted for all\n"
    "rows (Holm); better, worse: questions; finds: the true difference that so many clips show with a\n"
    "power of 80 %."
)


def comparison(options: Namespace) -> int:
    """Compare every pair of runs; 0 unless something is wrong with them."""
    pairs = compare(options.runs)
    if options.json:
        print_json([asdict(pair) for pair in pairs])
        return 0
    for pair in pairs:
        if options.markdown:
            print(markdown(pair))
            continue
        print(f"first: {pair.first}    second: {pair.second}")
        print_table(HEADER, [_cells(row) for row in pair.differences])
        if pair.gain:
            print(pair.gain)
        for line in pair.warnings:
            print_line(f"warning: {line}")
    if not options.markdown:
        print(LEGEND)
    return 0


def markdown(pair: Pair) -> str:
    """A pair as a section of a document."""
    rows = [_cells(row) for row in pair.differences]
    warnings = [f"- {escape(line)}" for line in (*([pair.gain] if pair.gain else []), *pair.warnings)]
    return "\n".join([f"### {escape(pair.first)} - {escape(pair.second)}", "", table(HEADER, rows), *warnings, ""])


def _cells(row: Difference) -> list[str]:
    interval = "-" if row.low is None or row.high is None else f"{row.low:+.2f} to {row.high:+.2f}"
    p = "-" if row.p_holm is None else ("< 0.001" if row.p_holm < 0.001 else f"{row.p_holm:.3f}")
    finds = "-" if row.smallest is None else f"{row.smallest:.2f}"
    return [row.figure, f"{row.first:.2f}", f"{row.second:.2f}", f"{row.difference:+.2f}", interval, p,
            str(row.better), str(row.worse), finds]  # fmt: skip
