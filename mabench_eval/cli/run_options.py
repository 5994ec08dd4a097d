"""The options of ``run``, and the choices of a run that they make."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.outputs import output_file, output_folder
from mabench_eval.cli.shared_options import (
    BATCH,
    CLUSTER,
    DATA,
    ENDPOINT_OF_MODEL,
    ENVIRONMENT,
    FLAGS,
    INCLUDE,
    JSON,
    JUDGE,
    PROMPTS,
    Group,
    Option,
    card_settings,
    judge_settings,
    worker_count,
)
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.planning import RunConfig


def frame_counts(text: str) -> tuple[int, ...]:
    """``4,8,16`` as numbers, each once."""
    words = text.split(",")
    if not all(word.strip().isdecimal() and int(word) for word in words):
        raise ArgumentTypeError(f"invalid number of frames value: {text!r}")
    return tuple(dict.fromkeys(map(int, words)))


def adapters(text: str) -> dict[str, str | None]:
    """``none,lm=DIR``: what a table calls it -> the adapter. One without a name is called as its folder."""
    found: dict[str, str | None] = {}
    for word in text.split(","):
        name, equals, place = word.strip().partition("=")
        label, adapter = (name, place) if equals else (Path(name).name or name, name)
        if not label or not adapter or label in found:
            raise ArgumentTypeError(f"invalid adapters: {text!r}; e.g. none,vision=DIR,lm=DIR, each name once")
        found[label] = None if (not equals and name == "none") else adapter
    return found


CONFIG = Option(
    "--config FILE",
    "a run file: these options by their names in YAML, several models too; options beside it win. Or the run.json of "
    "a run, whose settings are taken (docs/run-files.md)",
    type=Path,
)
WRITE_CONFIG = Option(
    "--write-config FILE", "write the options of this command to FILE, for --config, and stop", type=output_file
)
WHAT = Group(
    "what to evaluate",
    Option(
        "--model MODEL[,MODEL...]",
        "a model of the catalogue (see `list models`), hf:ORG/NAME, or the folder of a checkpoint; several: a run each "
        "in a process of its own, and one table at the end",
    ),
    Option(
        "--train-data FILE",
        "text-probe: labelled question file to learn from; none of its clips may be in the test set",
    ),
    Option(
        "--tasks TASKS",
        "all, closed, open, perceptual, relational, interpretive, task names; a comma list of them, in any case "
        "(default: all)",
        default="all",
    ),
    *DATA,
    Option("--limit N", "the first N clips only", type=int),
    Option("--shard I/N", "the I-th of N parts, whole clips, e.g. 3/8"),
    Option(
        "--repeats K",
        "ask every question K times: figures are means, with the share of their error that is sampling noise; the "
        "model must sample its answers, e.g. with --set temperature=1 (default: 1)",
        type=int,
        default=1,
    ),
    Option(
        "--skip-missing-clips",
        "go on without clips whose files are missing or broken: their questions have no answer, coverage falls, and "
        "the run is no row of a leaderboard; the same command goes on with them once they are there (default: refused)",
    ),
    Option(
        "--allow-trained",
        "test an adapter on clips that its corpus.json says it was trained on; every table says so (default: refused)",
    ),
    Option(
        "--circular",
        "also ask choices with every rotation of their options: a model that knows the answer finds it behind any "
        "letter (figures of their own; 5 or 7 times the questions of FMAR and CMAR)",
    ),
)
FRAMES = Group(
    "what the model sees",
    *PROMPTS,
    Option(
        "--instructions",
        "where a task's words stand: user: after the frames, so that all questions on a clip begin alike and share the "
        "work (default); system: in the system message, as the official runner has it",
        choices=("user", "system"),
        default="user",
    ),
    Option(
        "--frames N[,N...]",
        "frames per clip (default: 8, as in the paper); several, e.g. 4,8,16: a run each, and a table like the paper's "
        "Table 3",
        type=frame_counts,
        default=(8,),
    ),
    Option(
        "--sampling RULE",
        "uniform (middles of equal spans of time), endpoints (first to last), starter-kit (the official runner's), "
        "llamafactory (LLaMA-Factory's, of clips); default: as the LoRA adapter was trained, else uniform",
    ),
    Option(
        "--input MODE",
        "what the model is shown of a clip, to measure what the rest is worth: text-only (no frames), middle-frame, "
        "shuffled, reversed, other-clip; default: video",
        default="video",
    ),
    Option(
        "--decoder",
        "what decodes plain clips, to the same frames: pyav (default), or decord (pip install '.[decord]'), "
        "which does not notice damage; PyAV decodes what is not plain and what decord fails on (docs/clips.md)",
        choices=("pyav", "decord"),
        default="pyav",
    ),
)
ENDPOINT = Group(
    "models behind an OpenAI-compatible endpoint",
    *ENDPOINT_OF_MODEL,
    Option("--concurrency N", "requests in flight (default: adaptive, up to 64)", type=int),
    Option("--max-retries N", "retries of a request after a transient failure (default: 8)", type=int),
    Option("--request-timeout S", "seconds for one request (default: 120)", type=float),
    Option("--jpeg-quality Q", "quality of the frames sent, 1-100 (default: 95)", type=int),
    Option("--max-side PX", "scale frames down to this longer side (default: never)", type=int),
    Option(
        "--send",
        "how a clip travels: images: frame by frame, which every endpoint takes; frames: as one video, which vLLM's "
        "server takes; clip: the clip's own file, of which the endpoint takes frames by its own rule; tried by a tiny "
        "request before the run (default: as the card says, else images; docs/endpoints.md)",
        choices=("images", "frames", "clip"),
    ),
    Option(
        "--frame-times",
        "tell the model when each frame is: as text before an image; a video of --send frames has its times anyway",
        default=None,
    ),
    Option(
        "--set NAME=VALUE",
        "any setting of a card, e.g. temperature=1, or one of a group, e.g. vllm.max_num_seqs=512 for any argument of "
        "vLLM's engine; the value is YAML; may be given again",
        action="append",
        default=[],
    ),
    Option(
        "--max-cost USD",
        "make no call that could pass this much, answers and judgments together; prices must be known",
        type=float,
    ),
    BATCH,
    Option(
        "--protocol",
        "send what the challenge's official runner sends: its frames, JPEG quality 95, system prompt, images, question",
        choices=("starter-kit",),
    ),
)
THIS_MACHINE = Group(
    "models on this machine",
    Option(
        "--answers",
        "generate: free text, as in the paper (default); constrained: only an option; logprob: the most "
        "probable option, with all log-probabilities recorded",
        choices=("generate", "constrained", "logprob"),
    ),
    Option(
        "--lora PATH[,...]",
        "LoRA adapter: a folder, or a repository on the hub; several, e.g. none,vision=DIR,lm=DIR,all=DIR: a run each, "
        "and a table like the paper's Table 4, with what each gains on the first",
        type=adapters,
    ),
    Option(
        "--dtype",
        "number format of the weights (default: the checkpoint's)",
        choices=("auto", "bfloat16", "float16", "float32"),
    ),
    Option("--device NAME", "transformers: cpu, cuda:0, ... (default: auto, placed over all GPUs)"),
    Option("--tensor-parallel N", "vllm: GPUs that a model is spread over (default: 1)", type=int),
    Option("--gpu-memory SHARE", "vllm: share of a GPU's memory to take (default: 0.9)", type=float),
    Option(
        "--max-model-len N",
        "vllm: tokens of prompt and answer (default: what the frames and the longest answer need)",
        type=int,
    ),
    Option(
        "--trust-remote-code",
        "let code from the checkpoint's repository run; a card that pins a revision does so by itself",
    ),
)
WORKERS = Group(
    "more than one GPU or machine, on Ray (pip install '.[ray]')",
    Option(
        "--workers N",
        "processes that hold the model, each on GPUs of its own; auto: one a GPU, or one a core where there is none",
        type=worker_count,
    ),
    *CLUSTER,
)
OUTPUT = Group(
    "how it is scored and kept",
    *JUDGE,
    FLAGS,
    Option(
        "--name NAME",
        "what tables, pages, plots and the leaderboard call the run (default: its model); in no key: the same answers "
        "are taken over",
    ),
    Option("--seed SEED", "seed of everything random (default: 0)", type=int, default=0),
    Option(
        "-o --output DIR",
        "results go to DIR/<model>/<run id>/ (default: results)",
        type=output_folder,
        default="results",
    ),
    Option(
        "--fresh",
        "ask everything anew: take over nothing from other runs, nor from this run's journal, which is kept beside the "
        "new one as journal.N.jsonl; leave it out to go on after an interruption",
    ),
    CONFIG,
    WRITE_CONFIG,
    Option("--dry-run", "say what would be asked and how much of it is already answered, and stop"),
    ENVIRONMENT,
    INCLUDE,
    JSON,
)
OPTIONS = (WHAT, FRAMES, ENDPOINT, THIS_MACHINE, WORKERS, OUTPUT)

_DEFAULTS = {"frames": 8, "instructions": "user"}
"""What the options that a protocol fixes are when they are not given."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The runs of one command: one alone, or several that differ in one choice."""

    column: str
    """Heading of what they differ in."""
    base: str
    """The one that the others are compared with, where it is among them."""
    configs: Mapping[str, RunConfig]
    """What a table calls a run -> its choices."""


def sweep_of(options: Namespace) -> Sweep:
    """The runs that the options ask for. Raises InputError for options that contradict each other or make no sense."""
    adapters_given = options.lora or {}
    if len(options.frames) > 1 and len(adapters_given) > 1:
        raise InputError("--frames and --lora name several each", hint="One table varies one of them: a command each.")
    if len(adapters_given) > 1:
        first = next(iter(adapters_given))
        chosen: dict[str, dict[str, Any]] = {name: {"lora": {name: place}} for name, place in adapters_given.items()}
        column, base = "SFT (LoRA)", first
    else:
        chosen = {str(count): {"frames": (count,)} for count in options.frames}
        column, base = "Frames", "8"
    if options.name and len(chosen) > 1:  # each run is called by what it has of its own too
        between = " + " if "lora" in chosen[base] else f", {column.lower()} "
        chosen = {value: {**choice, "name": f"{options.name}{between}{value}"} for value, choice in chosen.items()}
    return Sweep(
        column, base, {name: _config(Namespace(**{**vars(options), **choice})) for name, choice in chosen.items()}
    )


def _config(options: Namespace) -> RunConfig:
    from dataclasses import fields

    from mabench_eval.planning import SETTING_FLAGS, RunConfig, parse_shard

    (options.frames,) = options.frames
    if options.protocol:
        _follow_protocol(options)

    settings = {name: getattr(options, name) for name in SETTING_FLAGS if getattr(options, name) is not None}
    if options.lora:
        (settings["lora"],) = options.lora.values()  # None: no adapter, whatever the card says
    if options.trust_remote_code:
        settings["trust_remote_code"] = True
    if options.frame_times is not None:
        settings["frame_times"] = options.frame_times
    made: dict[str, Any] = {
        "settings": {**settings, **card_settings(options.set)},
        "judge_settings": judge_settings(options),
        "shard": parse_shard(options.shard) if options.shard else None,
    }
    # Every other choice has the name of its option.
    chosen = {field.name: getattr(options, field.name) for field in fields(RunConfig) if field.name not in made}
    return RunConfig(**chosen, **made)


def _follow_protocol(options: Namespace) -> None:
    """Set the options that the protocol fixes. Raises InputError for one that was given and says otherwise."""
    from mabench_eval.planning import STARTER_KIT

    for name, value in STARTER_KIT.items():
        given = getattr(options, name)
        if given not in (value, _DEFAULTS.get(name)):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"--protocol {options.protocol} sends {option} {value}; leave out {option} {given}")
        setattr(options, name, value)
