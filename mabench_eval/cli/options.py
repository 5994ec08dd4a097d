"""The options of ``run`` as the choices of a run."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import yaml

from mabench_eval.errors import InputError
from mabench_eval.planning import JUDGE_FLAGS, SETTING_FLAGS, STARTER_KIT, RunConfig, parse_shard

DEFAULTS = {"frames": 8, "sampling": "uniform", "instructions": "user"}
"""What the options of a protocol are when they are not given."""


def configs_of(options: Namespace) -> list[RunConfig]:
    """The choices that the options make, one for each number of frames.

    Raises InputError for options that contradict each other or make no sense.
    """
    return [_config(Namespace(**{**vars(options), "frames": count})) for count in options.frames]


def _config(options: Namespace) -> RunConfig:
    if options.protocol:
        _follow(STARTER_KIT, options)
    settings = {name: getattr(options, name) for name in SETTING_FLAGS if getattr(options, name) is not None}
    made = ("settings", "judge_settings")
    chosen = {field.name: getattr(options, field.name) for field in fields(RunConfig) if field.name not in made}
    if options.trust_remote_code:
        settings["trust_remote_code"] = True
    chosen["settings"] = {**settings, **given_settings(options.set)}
    chosen["judge_settings"] = judge_settings(options)
    chosen["shard"] = parse_shard(options.shard) if options.shard else None
    return RunConfig(**chosen)


def judge_settings(options: Namespace) -> dict[str, Any]:
    """What the options say of the judges."""
    given = {name: getattr(options, f"judge_{name}") for name in JUDGE_FLAGS}
    return {name: value for name, value in given.items() if value is not None}


def given_settings(words: Sequence[str]) -> dict[str, Any]:
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
