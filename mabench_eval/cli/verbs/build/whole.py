"""``build DIR`` with clips, models or seed: every step after the other; without, where each of them stands."""

from __future__ import annotations

import shlex
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_out
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE
from mabench_eval.cli.shared_options import INCLUDE, MAX_COST, Group, Option, role_options
from mabench_eval.cli.verbs.build import ask, audit, caption, export, init, track, verify
from mabench_eval.cli.verbs.build.shared import command, print_said
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.construction import BuildFolder

STEPS: Mapping[str, ModuleType] = MappingProxyType(
    {"init": init, "track": track, "caption": caption, "ask": ask, "verify": verify, "audit": audit, "export": export}
)
"""Step -> its file, in the order in which they follow each other."""
ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"caption": ("writer",), "ask": ("reworder",), "verify": ("verifier", "blind", "see")}
)
"""Step -> roles of models in it."""
DETAILS: Mapping[str, tuple[Option, ...]] = MappingProxyType(
    {
        role: tuple(option.hidden() for option in role_options(role, "")[1:])
        for roles in ROLES.values()
        for role in roles
    }
)
"""Role -> options that tell of its model, besides its name: ``--writer-base-url`` and so on."""
FLAGS: Mapping[str, str] = MappingProxyType(
    {option.attribute: option.names[0] for options in DETAILS.values() for option in options}
)
"""Attribute -> option, of those."""


def _models_of(step: str) -> tuple[str, ...]:
    """The attributes of all options that tell of a step's models."""
    return tuple(name for role in ROLES[step] for name in (role, *(option.attribute for option in DETAILS[role])))


TAKES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "init": ("clips", "labels", "label_names", "taxonomy", "sides", "subjects"),
        "track": ("tracker", "set", "jobs", "env", "include"),
        "caption": (*_models_of("caption"), "max_cost", "include"),
        "ask": ("questions", "seed", *_models_of("ask"), "max_cost", "include"),
        "verify": (*_models_of("verify"), "max_cost", "include"),
        "audit": (),
        "export": (),
    }
)
"""Step -> options of the whole build that are its own."""
_MODEL = "a model of the catalogue, `openai`, or none"
_ENDPOINT = "; more on it by --writer-base-url and the like (`build DIR caption --help`); so for every role"
WHOLE = Group(
    "the whole build: with any of these every step follows the other",
    Option("--clips DIR", "folder of the clips", type=Path),
    Option("--labels FILE", "their labels: CSV, JSON, or a list of MA-52 (`build DIR init --help`)", type=Path),
    Option("--label-names FILE", "which action a number is", type=Path),
    Option("--taxonomy FILE", "the actions (default: the 52 of MA-52)", type=Path),
    Option("--sides SIDES", "whose left and right name parts: viewer or person", choices=("viewer", "person")),
    Option("--subjects REGEX", "finds the person in a clip's name"),
    Option("--tracker NAME", "see `list trackers` (default: as before, at first pose-flow)"),
    Option("--set NAME=VALUE", "a setting of the tracker's card", action="append", default=[]),
    Option("--jobs N", "processes that track (default: auto, one a core)"),
    Option(
        "--env NAME",
        "where to track (default: auto, the environment of the tracker's card, made at the first use)",
        dest="track_env",
    ),
    Option("--writer NAME", f"of the captions: {_MODEL}{_ENDPOINT}"),
    Option("--questions TASK=N,...", "how many of each task on a clip"),
    Option("--seed N", "of all that is drawn", type=int),
    Option("--reworder NAME", f"words the statements: {_MODEL}"),
    Option("--verifier NAME", f"answers from the descriptor: {_MODEL}"),
    Option("--blind NAME", f"answers from the text alone: {_MODEL}"),
    Option("--see NAME", f"answers from frames: {_MODEL}"),
    MAX_COST,
    *(option for options in DETAILS.values() for option in options),
    Option("--dry-run", "say what each step has to do, and do nothing"),
    INCLUDE,
)


def run_whole(options: Namespace) -> int:
    """Each step by its own command. What stops one stops the build, but for some clips that cannot be tracked."""
    from mabench_eval.construction import is_build

    if options.json:
        raise InputError(
            "--json goes with one step, or with none: several steps would print several documents",
            hint=f"When they are done: {command(options.dir)} --json",
        )
    codes = []
    for name in STEPS:
        words = _words(name, options)
        if name == "init" and not words and is_build(options.dir):
            continue  # nothing new to take in
        if options.dry_run:
            codes.append(_forecast(name, words, options.dir))
            continue
        print_line(f"--- {name}")
        codes.append(_step(name, words, options.dir))
        goes_on = codes[-1] == DONE or (codes[-1] == INCOMPLETE and name == "track" and _is_described(options.dir))
        if not goes_on:
            break
    return codes[-1] or max(codes)


def wants_whole(options: Namespace) -> bool:
    """Whether any option of the whole build is given."""
    return options.dry_run or any(_words(name, options) for name in STEPS)


def print_state(options: Namespace) -> int:
    """Where each step stands, and what comes next."""
    from mabench_eval.construction import open_build
    from mabench_eval.journal import is_written

    folder = open_build(options.dir)
    clips, out = folder.clips(), len(folder.left_out())
    states = dict(_states(folder))
    following = next((name for name, (_, _, complete) in states.items() if not complete), None)
    if options.json:
        about = {"clips": len(clips), "actions": len({row.fine for row in clips}), "left_out": out}
        steps = {name: found for name, (_, found, _) in states.items()}
        print_json({**about, "sides": folder.settings.sides, **steps, "next": following})
        return DONE

    left_out = f", {out} left out ({folder.path / 'left_out.jsonl'})" if out else ""
    actions = len({row.fine for row in clips})
    print_out(f"{folder.path}: {len(clips)} clips of {actions} actions{left_out}")
    print_out(f"{'sides':<12} the {folder.settings.sides}'s")
    for lines, _, _ in states.values():
        for line in lines:
            print_said(line)
    if is_written(folder.path):
        print_out("at work: another process has it open")
    elif following:
        print_out(f"next: {command(folder.path)} {following}")
    else:
        print_out(f"next: mabench-eval --model NAME --data {shlex.quote(str(folder.path))}")
        print_out(f"people decide: mabench-eval review {shlex.quote(str(folder.path))} --reviewer NAME")
    return DONE


_State = tuple[list[str], Any, bool]
"""Lines, the same as JSON, and whether nothing is left to do."""


def _states(folder: BuildFolder) -> Iterator[tuple[str, _State]]:
    """Each step that has what it needs; and of the first that has not, that it is to come."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.construction import (
        export_state,
        forecast_asking,
        forecast_captions,
        forecast_tracking,
        forecast_verification,
        gate_state,
    )

    catalogue = load_catalogue([Path(path) for path in folder.settings.include]).check()

    def tracking() -> _State:
        report = forecast_tracking(folder, catalogue, None, "none")
        return track.lines(report, folder), track.as_json(report), report.complete

    def captions() -> _State:
        report = forecast_captions(folder, catalogue)
        return caption.lines(report), caption.as_json(report), report.complete

    def asking() -> _State:
        report = forecast_asking(folder, catalogue)
        return _named("questions", ask.lines(report)), ask.as_json(report), report.complete

    def verification() -> _State:
        report = forecast_verification(folder, catalogue)
        said = [f"{report.questions - report.left_out} questions stay", *verify.lines(report)]
        return _named("verified", said), verify.as_json(report), report.complete

    def gate() -> _State:
        state = gate_state(folder)
        return [f"{'gate':<12} {state}"], state, state == "passed"

    def exported() -> _State:
        state = export_state(folder)
        return [f"{'export':<12} {state}"], state, state == "current"

    steps: dict[str, Callable[[], _State]] = {
        "track": tracking,
        "caption": captions,
        "ask": asking,
        "verify": verification,
        "audit": gate,
        "export": exported,
    }
    for name, state in steps.items():
        try:
            found = state()
        except InputError as error:
            if name == "track":
                raise  # its settings do not hold
            yield name, ([], {"problem": error.message}, False)  # what it needs is not there yet
            return
        yield name, found
        if not found[2] and name != "track":
            return


def _named(name: str, lines: list[str]) -> list[str]:
    """The first line behind the step's name, the others below it."""
    return [f"{name if number == 0 else '':<12} {line}" for number, line in enumerate(lines)]


def _words(name: str, options: Namespace) -> list[str]:
    """The words of a step's own command that the options of the whole build give."""
    words: list[str] = []
    for option in TAKES[name]:
        value = getattr(options, "track_env" if option == "env" else option, None)
        if option == "max_cost" and value is not None:
            value = f"{_left_for(name, value, options.dir):g}"
        values = value if isinstance(value, list) else [] if value is None else [value]
        flag = FLAGS.get(option, f"--{option.replace('_', '-')}")
        words += [word for each in values for word in (flag, str(each))]
    return words


def _left_for(name: str, most: float, folder: Path) -> float:
    """Of a limit for all models what those of the other steps leave; each step counts what its own have cost."""
    from mabench_eval.construction import role_costs
    from mabench_eval.journal import read_journal

    costs = role_costs(read_journal(folder)) if folder.is_dir() else {}
    others = [cost.usd or 0.0 for role, cost in costs.items() if role not in ROLES.get(name, ())]
    return max(0.0, most - sum(others)) if most >= 0 else most


def _step(name: str, words: list[str], folder: Path) -> int:
    """One step; tracking in a process of its own, as it may need another environment."""
    if name == "export" and _is_exported(folder):
        print_line(f"{folder / 'export'} holds these questions; `{command(folder)} export` writes it anew")
        return DONE
    if name != "track":
        return _call(name, words, folder)
    words = [*words, *([] if "--env" in words else ["--env", "auto"])]
    call = [sys.executable, "-m", "mabench_eval", "build", str(folder), name, *words, "--one-of-many"]
    sys.stdout.flush()
    with subprocess.Popen(call) as process:  # noqa: S603 - this very command
        try:
            return process.wait()
        except KeyboardInterrupt:  # it was told too: let it say how to go on
            return process.wait()


def _is_described(folder: Path) -> bool:
    """Whether any clip is: without a tracker that starts, none may be."""
    from mabench_eval.construction import open_build

    try:
        return next(open_build(folder).descriptors(), None) is not None
    except InputError:
        return False


def _is_exported(folder: Path) -> bool:
    from mabench_eval.construction import export_state, gate_state, open_build

    build = open_build(folder)
    return gate_state(build) == "passed" and export_state(build) == "current"


def _call(name: str, words: list[str], folder: Path) -> int:
    from mabench_eval.cli.parser import parse

    code: int = STEPS[name].run(parse(["build", str(folder), name, *words]))
    return code


def _forecast(name: str, words: list[str], folder: Path) -> int:
    """What a step would do; of one that cannot know yet, why."""
    if name in ("init", "audit", "export"):
        print_out(f"{name}: no call, no model")
        return DONE
    try:
        print_line(f"--- {name}")
        return _call(name, [*(word for word in words), "--dry-run"], folder)
    except InputError as error:
        print_out(f"{name}: not known yet: {error.message}")
        return DONE
