"""What the run took, and what makes it again: the command, versions, hashes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Child, Markup, definitions, details, element, join, table
from mabench_eval.pages.report.data import ReportData
from mabench_eval.runfiles import RECORD, JudgingTotals, Totals, from_json
from mabench_eval.tables import NO_VALUE


@dataclass(frozen=True, slots=True)
class _TaskIdentity:
    version: int | str
    prompt: str
    """Hash of its words."""


@dataclass(frozen=True, slots=True)
class _Identity:
    tasks: Mapping[str, _TaskIdentity] = field(default_factory=dict)


def cost_section(data: ReportData) -> Section:
    """Time, tokens and money, of the model and of each judge."""
    record, totals = data.record, data.record.totals
    header = ["", "Answers", "Prompt tokens", "of them cached", "Answer tokens", "US dollars"]
    rows = [["Model", f"{totals.answers:,}", *_usage(totals)]]
    rows += [[f"Judge {name}", f"{judge.judgments:,}", *_usage(judge)] for name, judge in record.judging.items()]

    sessions = len(record.sessions)
    times = (
        f"{duration(record.seconds)} from start to end, in {sessions} session{'' if sessions == 1 else 's'}; "
        f"{duration(totals.seconds)} of waiting for answers, summed over those in flight at once."
    )
    content = [table(header, rows, caption="What it took"), note(times)]
    if totals.served_by:
        served = ", ".join(f"{name} ({count:,})" for name, count in totals.served_by.items())
        content.append(note(f"Served by {served}."))
    return Section("spent", "Time, tokens and cost", join(content), "Cost")


def _usage(totals: Totals | JudgingTotals) -> list[str]:
    tokens = [totals.prompt_tokens, totals.cached_tokens, totals.output_tokens]
    cost = NO_VALUE if totals.cost_usd is None else f"{totals.cost_usd:,.2f}"
    return [*(f"{count:,}" for count in tokens), cost]


def duration(seconds: float) -> str:
    """``4.1 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def settings_section(data: ReportData) -> Section:
    """The command, and all that the scores depend on."""
    record = data.record
    copy = element("button", "Copy", type="button", class_="copy", data_copy="command", hidden=True)
    command = element("div", element("pre", record.command, id="command", tabindex=0), copy, class_="command")

    # What the engine and the identity hold differs by engine: shown as it is, closed at first.
    more = [("All that the answers depend on", record.identity), ("What the engine tells", record.engine)]
    closed = [
        details(summary, element("pre", json.dumps(value, indent=2, ensure_ascii=False), tabindex=0))
        for summary, value in more
        if value
    ]
    return Section("settings", "To make it again", join([command, definitions(_facts(data)), *closed]), "Settings")


def _facts(data: ReportData) -> list[tuple[str, Child]]:
    """Name of a setting -> what it was."""
    record, scores, config = data.record, data.scores, data.run.config
    frames = "not looked at"
    if scores.frames:
        frames = scores.frames.of_a_clip
        frames += f", decoded by {record.decoder}" if record.decoder else ""
    tasks = from_json(_Identity, record.identity, f"{data.run.folder / RECORD}: identity").tasks

    return [
        ("Run", record.run_id),
        ("Benchmark", _hashed([(scores.benchmark.name, scores.benchmark.sha256)])),
        ("Frames", frames),
        ("Seed", str(config.seed)),
        ("Few-shot examples", str(config.shots) if config.shots else None),
        ("Tasks", _hashed((f"{name} v{task.version}", task.prompt) for name, task in tasks.items())),
        ("Judges", _hashed((judge.name, judge.sha256) for judge in scores.judges)),
        ("Rubrics", _hashed((f"{task} v{rubric.version}", rubric.sha256) for task, rubric in scores.rubrics.items())),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("Environment", record.environment),
        ("Platform", record.machine.get("platform")),
    ]


def _hashed(things: Iterable[tuple[str, str]]) -> Markup:
    """Names with the first digits of their hashes; the whole shows when one points at it."""
    return join([join([name, element("code", digest[:12], title=digest)], " ") for name, digest in things], ", ")
