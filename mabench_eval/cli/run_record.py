"""The settings of a run, taken from its ``run.json`` as options of another: words alone, and not all of them.

A record may come from anybody. What says where code, keys or files go is never taken from one: the command line has
to say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError

ELSEWHERE = frozenset(("include", "output", "env", "workers", "ray", "ship_clips"))
"""Choices that say where code comes from, where it runs, and where files go."""
SETTINGS = frozenset(
    (
        *("model_id", "concurrency", "max_retries", "request_timeout"),
        *("jpeg_quality", "max_side", "send", "frame_times", "answers", "lora"),
        *("dtype", "device", "tensor_parallel", "gpu_memory", "max_model_len", "train_data"),
        *(
            "temperature",
            "extra_body",
            "processor",
            "price_input",
            "price_output",
            "price_cached",
            "send",
            "frame_times",
        ),
    )
)
"""Engine settings that are taken: none that names an endpoint, a key, a repository or its code."""


def options_of_record(record: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The options of a run as a run file has them, and the names of those that are not taken. Raises InputError."""
    from dataclasses import fields

    from mabench_eval.planning import RunConfig

    config = record.get("config")
    if not isinstance(config, Mapping) or not isinstance(config.get("model"), str):
        raise InputError(f"{path}: a run.json without the choices of its run (config)")
    options: dict[str, Any] = {}
    left_out: list[str] = []
    usual = {field.name: field.default for field in fields(RunConfig)}
    for name, value in config.items():
        if value in (None, False, [], {}, usual.get(name)):
            continue
        if name in ELSEWHERE:
            left_out.append(name)
        elif name in ("settings", "judge_settings") and isinstance(value, Mapping):
            for setting, given in value.items():
                if name == "settings" and setting in SETTINGS:
                    options |= _setting(options, setting, given)
                elif name == "judge_settings" and setting in ("concurrency", "engine"):
                    options[f"judge-{setting}"] = given
                else:
                    left_out.append(f"{name}.{setting}")
        else:
            options[name] = "/".join(map(str, value)) if name == "shard" and isinstance(value, list) else value
    return options, tuple(left_out)


def _setting(options: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """A setting as its own option, or among those of ``set``."""
    from mabench_eval.planning import SETTING_FLAGS

    if name == "lora" and value is None:  # no adapter, whatever the model's card says
        return {name: "none"}
    if flag := SETTING_FLAGS.get(name):
        return {flag.lstrip("-"): value}
    return {"set": {**options.get("set", {}), name: value}}
