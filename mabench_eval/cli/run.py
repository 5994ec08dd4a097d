"""``mabench-eval run``: the main job."""

from __future__ import annotations

import signal
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import yaml

from mabench_eval.cli.console import RunProgress, make_progress, print_json, print_line, print_table, terminal_width
from mabench_eval.config import SETTING_FLAGS, STARTER_KIT, RunConfig
from mabench_eval.errors import InputError
from mabench_eval.plan import parse_shard
from mabench_eval.preflight import Run, prepare
from mabench_eval.results import Result, command
from mabench_eval.run import execute, forecast
from mabench_eval.tables import HEADERS, detail_rows, insights, notes, table2_cells
from mabench_eval.types import Json

DEFAULTS = {"frames": 8, "sampling": "uniform"}
"""What the options of a protocol are when they are not given."""
WIDE = 118
"""Columns that the fourteen columns of Table 2 need beside the model's name."""


def run(options: Namespace) -> int:
    """Evaluate, print the table; 0 when done, 3 when incomplete, 130 when interrupted."""
    if options.protocol:
        _follow(STARTER_KIT, options)
    settings = {name: getattr(options, name) for name in SETTING_FLAGS if getattr(options, name) is not None}
    chosen = {field.name: getattr(options, field.name) for field in fields(RunConfig) if field.name != "settings"}
    chosen["settings"] = {**settings, **_set(options.set)}
    chosen["shard"] = parse_shard(options.shard) if options.shard else None
    prepared = prepare(RunConfig(**chosen))
    for warning in (*prepared.catalogue.warnings, *prepared.engine.warnings()):
        print_line(f"warning: {warning}")
    if options.dry_run:
        return _print_forecast(prepared, options.json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is as clean as Ctrl-C
    progress = make_progress()
    try:
        result = execute(prepared, progress)
    except KeyboardInterrupt:
        progress.close()
        return _interrupted(prepared, progress)
    finally:
        progress.close()
    print_json({"folder": str(result.folder), **result.scores}) if options.json else print_scores(result.scores)
    return _ending(result, prepared.config)


def _set(words: Sequence[str]) -> dict[str, Any]:
    """``NAME=VALUE`` pairs, values in YAML. Raises InputError for a word that is none."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            equals = ""
        if not equals or not name:
            raise InputError(f"--set {word}: expected NAME=VALUE, e.g. --set temperature=1")
    return found


def _follow(protocol: Mapping[str, Any], options: Namespace) -> None:
    """Set the options that a protocol fixes. Raises InputError for one that was given and says otherwise."""
    for name, value in protocol.items():
        given = getattr(options, name)
        if given not in (value, DEFAULTS.get(name)):
            flag = f"--{name.replace('_', '-')}"
            raise InputError(f"--protocol {options.protocol} sends {flag} {value}; leave out {flag} {given}")
        setattr(options, name, value)


def print_scores(scores: Json) -> None:
    """The table in the paper's shape, and what stands behind it, on stdout."""
    name, cells = scores["model"], table2_cells(scores)
    if terminal_width() >= WIDE + len(name):
        print_table(["Method", *HEADERS], [[name, *cells]])
    else:
        print_table(["Method", *HEADERS[:7]], [[name, *cells[:7]]])
        print_table(["Method", *HEADERS[7:]], [[name, *cells[7:]]])
    print_table(*detail_rows(scores))
    for line in [*insights(scores), *notes(scores)]:
        print(line)


def _print_forecast(prepared: Run, as_json: bool) -> int:
    found = forecast(prepared)
    if as_json:
        print_json(asdict(found))
        return 0
    print_table(["Task", "Questions"], [[task, str(count)] for task, count in found.questions.items()])
    print(f"{found.requests} requests, {found.answered} already answered, {found.requests - found.answered} to ask")
    print(f"{found.clips} clips to decode" if prepared.sampling else "the model does not look: no clip is opened")
    if found.prompt_tokens is not None:
        price = "price not known" if found.cost_usd is None else f"at most ${found.cost_usd:.2f}"
        print(f"{found.images} images, about {found.prompt_tokens:,} prompt tokens; {price}")
    print(f"results would go to {found.folder}")
    return 0


def _interrupted(prepared: Run, progress: RunProgress) -> int:
    stage = progress.name or "starting"
    print_line(f"\nInterrupted while {stage}; {progress.done} of {progress.total} are in the journal.")
    print_line(f"Go on with: {command(prepared.config)}")
    return 130


def _ending(result: Result, config: RunConfig) -> int:
    print_line(f"results: {result.folder}")
    if result.complete:
        return 0
    print_line(f"The run is incomplete. Ask again what is missing: {command(config)}")
    return 3
