"""``build DIR caption``: descriptors to captions, and to the references of the open tasks."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_problems
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE, INTERRUPTED
from mabench_eval.cli.shared_options import INCLUDE, JSON, MAX_COST, Action, Option, role_options
from mabench_eval.cli.verbs.build.shared import (
    command,
    print_said,
    watched,
    with_include,
    with_models,
)

if TYPE_CHECKING:
    from mabench_eval.construction import CaptionReport

EXAMPLES = """\
examples:
  mabench-eval build mine caption                       by templates, offline
  mabench-eval build mine caption --writer deepseek-v3.2 --dry-run
  mabench-eval build mine caption --writer deepseek-v3.2 --max-cost 20
  mabench-eval build mine caption --writer openai --writer-model ID \\
      --writer-base-url http://localhost:8000/v1
  mabench-eval build mine caption --writer none         by templates again

what is written of a clip, in DIR/captions.jsonl:
  parts        a sentence for every part that moves or keeps still
  structure    leading, coordinated and minor parts, space, time
  madu, mare   the references of the two open tasks: the movement described;
               the evidence, what it rules out, both labels

Every sentence names the facts of the descriptor that it rests on, and says no
more than they do: what all sources agree on with a margin. A model gets these
facts and no frame. What it writes is read back; words that no fact holds are
told to it once, and then the template writes in its place (`fell_back`). A
call that fails leaves the clip open: the same command asks again, and pays for
nothing twice. A clip of which nothing is confirmed says so, and is counted.
"""
STEP = Action(
    "caption",
    "say in words what moves in every clip, and nothing that was not measured",
    *role_options("writer", "writes the captions in place of the template"),
    MAX_COST,
    Option("--dry-run", "say what there is to write, the calls and the most that they cost, and do nothing"),
    INCLUDE,
    JSON,
    epilog=EXAMPLES,
)


def run(options: Namespace) -> int:
    """Write what is open; 3 when clips are left."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.construction import forecast_captions, open_build, write_captions

    folder = with_models(with_include(open_build(options.dir), options), options, "writer")
    catalogue = load_catalogue([Path(path) for path in folder.settings.include]).check()
    if options.dry_run:
        return _print(forecast_captions(folder, catalogue), options)

    report = watched(lambda progress: write_captions(folder, catalogue, options.max_cost, progress), _again(options))
    if report is None:
        return INTERRUPTED

    errors = [f"{clip}: {error}" for clip, error in report.captions.errors.items()]
    print_problems(errors, "they are asked for again by the same command")
    _print(report, options)
    if not report.complete:
        print_line(f"next: {_again(options)} asks for what is missing")
    return DONE if report.complete else INCOMPLETE


def lines(report: CaptionReport) -> list[str]:
    """Where the stage stands, and what is in the captions."""
    tally, summary = report.captions, report.summary
    failed = f", {len(tally.errors)} failed" if tally.errors else ""
    said = [f"{'captions':<12} {tally.done} of {tally.total} by {report.writer}{failed}"]
    if report.undescribed:
        said.append(f"{'':<12} {report.undescribed} clips have no descriptor, and get none")
    if summary.words:
        writers = ", ".join(f"{count} by {name}" for name, count in summary.writers.items())
        said.append(f"{'written':<12} {writers}; median words: " + ", ".join(map(_words, summary.words.items())))
    said += [f"{'fell back':<12} {count} to the template: {kind}" for kind, count in summary.fell_back.items()]
    said += [f"{'nothing':<12} {count}: {why}" for why, count in summary.nothing.items()]
    if report.to_ask is not None and report.to_ask.calls:
        usd = report.to_ask.most_usd
        most = "the price is not known" if usd is None else f"${usd:.2f} at most"
        said.append(
            f"{'to ask':<12} {report.to_ask.calls} calls of {report.writer}, {most}, and once more for bad replies"
        )
    if report.cost is not None and report.cost.replies:
        usd = report.cost.usd
        cost = "" if usd is None else f", ${usd:.4f}"
        tokens = report.cost.prompt_tokens + report.cost.output_tokens
        said.append(f"{'spent':<12} {report.cost.replies} replies, {tokens:,} tokens{cost}")
    return said


def as_json(report: CaptionReport) -> dict[str, Any]:
    """The report as a JSON object."""
    from dataclasses import asdict

    return {**asdict(report), "complete": report.complete}


def _print(report: CaptionReport, options: Namespace) -> int:
    if options.json:
        print_json(as_json(report))
    else:
        for line in lines(report):
            print_said(line)
    return DONE


def _words(each: tuple[str, int]) -> str:
    return f"{each[0].upper()} {each[1]}"


def _again(options: Namespace) -> str:
    """The command that goes on: the folder keeps the writer."""
    limit = "" if options.max_cost is None else f" --max-cost {options.max_cost:g}"
    return f"{command(options.dir)} caption{limit}"
