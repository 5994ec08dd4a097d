"""What the run took, and what makes it again: the command, versions, hashes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, definitions, details, element, join, table
from mabench_eval.pages.report.material import Material
from mabench_eval.tables import NO_VALUE
from mabench_eval.types import Json


def spent(material: Material) -> Section:
    """Time, tokens and money, of the model and of each judge."""
    record = material.record
    totals = record["totals"]
    rows = [["Model", f"{totals['answers']:,}", *_usage(totals)]]
    rows += [[f"Judge {name}", f"{found['judgments']:,}", *_usage(found)] for name, found in record["judging"].items()]
    header = ["", "Answers", "Prompt tokens", "of them cached", "Answer tokens", "US dollars"]
    sessions = len(record["sessions"])
    times = (
        f"{duration(record['seconds'])} from start to end, in {sessions} session{'' if sessions == 1 else 's'}; "
        f"{duration(totals['seconds'])} of waiting for answers, summed over those in flight at once."
    )
    served = ", ".join(f"{name} ({count:,})" for name, count in totals["served_by"].items())
    content = [
        table(header, rows, caption="What it took"),
        note(times),
        note(f"Served by {served}.") if served else None,
    ]
    return Section("spent", "Time, tokens and cost", join(content), "Cost")


def _usage(totals: Json) -> list[str]:
    tokens = [totals["prompt_tokens"], totals["cached_tokens"], totals["output_tokens"]]
    cost = NO_VALUE if totals["cost_usd"] is None else f"{totals['cost_usd']:,.2f}"
    return [*(f"{count:,}" for count in tokens), cost]


def duration(seconds: float) -> str:
    """``4.1 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def settings(material: Material) -> Section:
    """The command, and all that the scores depend on."""
    record, scores = material.record, material.scores
    copy = element("button", "Copy", type="button", class_="copy", data_copy="command", hidden=True)
    command = element("div", element("pre", record["command"], id="command", tabindex=0), copy, class_="command")
    shots = record["config"].get("shots")
    facts = definitions(
        [
            ("Run", record["run_id"]),
            ("Benchmark", join([scores["benchmark"]["name"], _hash(scores["benchmark"]["sha256"])], " ")),
            ("Frames", _frames(material)),
            ("Seed", str(record["config"].get("seed", 0))),
            ("Few-shot examples", str(shots) if shots else None),
            ("Tasks", _tasks(record["identity"].get("tasks", {}))),
            ("Judges", _named(scores["judges"], "name")),
            (
                "Rubrics",
                join(
                    [
                        join([f"{task} v{each['version']}", _hash(each["sha256"])], " ")
                        for task, each in scores["rubrics"].items()
                    ],
                    ", ",
                ),
            ),
            ("Versions", ", ".join(f"{name} {version}" for name, version in record["versions"].items())),
            ("Environment", record["environment"]),
            ("Platform", record["machine"]["platform"]),
        ]
    )
    more = [("All that the answers depend on", record["identity"]), ("What the engine tells", record["engine"])]
    held = [details(told, element("pre", _pretty(value), tabindex=0)) for told, value in more if value]
    return Section("settings", "To make it again", join([command, facts, *held]), "Settings")


def _frames(material: Material) -> str:
    frames = material.scores["frames"]
    if not frames:
        return "not looked at"
    decoder = material.record.get("decoder")
    return f"{frames['count']} a clip, {frames['sampling']}" + (f", decoded by {decoder}" if decoder else "")


def _tasks(tasks: Json) -> Markup:
    """Versions of the tasks' cards, with the hashes of their prompts."""
    return join(
        [join([f"{name} v{each['version']}", _hash(each["prompt"])], " ") for name, each in tasks.items()], ", "
    )


def _named(things: Sequence[Json], name: str) -> Markup:
    return join([join([each[name], _hash(each["sha256"])], " ") for each in things], ", ")


def _hash(digest: str) -> Markup:
    """The first digits; the whole shows when one points at it."""
    return element("code", digest[:12], title=digest)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
