"""Keywords of ``evaluate`` become the choices of a run: the one place where their forms and types are looked at."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, get_args, get_origin, get_type_hints

from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.planning import JUDGE_FLAGS, SETTING_FLAGS, RunConfig, parse_shard
from mabench_eval.runfiles import from_json
from mabench_eval.video import DecoderName, InputMode

Where = str | os.PathLike[str]
"""A path."""
Names = str | Sequence[str]
"""A name, a comma list of them, or a list."""


class Options(TypedDict, total=False):
    """What ``evaluate`` takes besides model, tasks, data and frames, named as on the command line."""

    # what is evaluated, and what the model sees
    name: str | None
    clips: Where | None
    skip_missing_clips: bool
    limit: int | None
    shard: str | tuple[int, int] | None
    repeats: int
    circular: bool
    allow_trained: bool
    prompts: Where | None
    instructions: Literal["user", "system"]
    shots: int
    shots_data: Where | None
    shots_frames: bool
    sampling: str | None
    input: InputMode
    decoder: DecoderName
    include: Where | Sequence[Where]

    # models behind an endpoint, and on this machine
    engine: str | None
    base_url: str
    model_id: str
    api_key_env: str
    concurrency: int
    max_retries: int
    request_timeout: float
    jpeg_quality: int
    max_side: int | None
    send: Literal["images", "frames", "clip"]
    frame_times: bool
    answers: Literal["generate", "constrained", "logprob"]
    lora: Where | None
    dtype: str
    device: str
    tensor_parallel: int
    gpu_memory: float
    max_model_len: int
    train_data: Where
    trust_remote_code: bool
    settings: Mapping[str, Any]
    max_cost: float | None
    batch: bool

    # judges
    judge: Names | None
    judge_base_url: str
    judge_model: str
    judge_api_key_env: str
    judge_concurrency: int
    judge_engine: Literal["transformers", "vllm"]
    judge_settings: Mapping[str, Any]
    flags: Where | None

    # how it runs and is kept
    seed: int
    output: Where
    workers: int | Literal["auto"] | None
    ray: str | None
    ship_clips: bool
    env: str
    fresh: bool


def _keyword(flag: str) -> str:
    """The keyword of an option: ``--api-key-env`` is ``api_key_env``."""
    return flag.lstrip("-").replace("-", "_")


OF_MODEL: Mapping[str, str] = {
    **{_keyword(flag): name for name, flag in SETTING_FLAGS.items()},
    "trust_remote_code": "trust_remote_code",
    "frame_times": "frame_times",
}
"""Keyword -> setting of the model's engine."""
OF_JUDGE: Mapping[str, str] = {_keyword(flag): name for name, flag in JUDGE_FLAGS.items()}
"""Keyword -> setting of the judges."""


def run_config(model: str, tasks: Names, data: str, frames: int, options: Options) -> RunConfig:
    """The choices of a run. Raises InputError for keywords that there are not, and for values of another type."""
    if unknown := options.keys() - Options.__annotations__.keys():
        name = min(unknown)
        raise InputError(
            f"evaluate() has no {name!r}{did_you_mean(name, list(Options.__annotations__))}",
            hint="Its keywords are the options of `mabench-eval run --help`.",
        )
    settings: dict[str, Any] = {**(options.get("settings") or {})}
    of_judge: dict[str, Any] = {**(options.get("judge_settings") or {})}
    chosen: dict[str, Any] = {"model": model, "tasks": _names(tasks), "data": data, "frames": frames}
    for name, value in options.items():
        if name in OF_MODEL:
            settings[OF_MODEL[name]] = _path(value)
        elif name in OF_JUDGE:
            of_judge[OF_JUDGE[name]] = value
        elif name == "judge":
            chosen[name] = "none" if value is None else _names(value)
        elif name == "include":
            chosen[name] = list(map(_path, [value] if isinstance(value, str | os.PathLike) else value))  # type: ignore[call-overload]
        elif name == "shard":
            chosen[name] = parse_shard(value) if isinstance(value, str) else value
        elif name not in ("settings", "judge_settings"):
            chosen[name] = _path(value)
    for name, kind in get_type_hints(RunConfig).items():
        words = get_args(kind) if get_origin(kind) is Literal else ()
        if words and isinstance(given := chosen.get(name), str) and given not in words:
            raise InputError(f"--{name} {given}: one of {', '.join(words)}")
    return from_json(RunConfig, {**chosen, "settings": settings, "judge_settings": of_judge}, "evaluate()")


def _names(value: Any) -> Any:
    """A list of names as a comma list; anything else as it is."""
    is_list = isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, str) for v in value)
    return ",".join(value) if is_list else value


def _path(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value
