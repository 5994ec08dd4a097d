"""The options of ``run``."""

from __future__ import annotations

import argparse
from pathlib import Path

from mabench_eval.cli.arguments.shared import as_json, data, environment, flags, include, judge, prompts


def run(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``run``."""
    parser.description = "Evaluate a model. The same command again asks only what is missing."
    what = parser.add_argument_group("what to evaluate")
    what.add_argument(
        "--model",
        required=True,
        help="a model of the catalogue (see `list models`), hf:ORG/NAME, or the folder of a checkpoint",
    )
    what.add_argument(
        "--train-data",
        metavar="FILE",
        help="text-probe: labelled question file to learn from; none of its clips may be in the test set",
    )
    what.add_argument(
        "--tasks",
        default="all",
        help="all, closed, open, perceptual, relational, interpretive, task "
        "names; a comma list of them, in any case (default: all)",
    )
    data(what)
    what.add_argument("--limit", type=int, metavar="N", help="the first N clips only")
    what.add_argument("--shard", metavar="I/N", help="the I-th of N parts, whole clips, e.g. 3/8")
    what.add_argument(
        "--repeats",
        type=int,
        default=1,
        metavar="K",
        help="ask every question K times: figures are "
        "means, and it is told what of their error is luck; the model must draw its answers, e.g. with "
        "--set temperature=1 (default: 1)",
    )
    what.add_argument(
        "--circular",
        action="store_true",
        help="ask choices with every rotation of their options too: "
        "who knows the answer finds it behind any letter (figures of their own; 5 or 7 times the "
        "questions of FMAR and CMAR)",
    )
    seen = parser.add_argument_group("what the model sees")
    prompts(seen)
    seen.add_argument(
        "--instructions",
        choices=("user", "system"),
        default="user",
        help="where a task's words stand: "
        "user: after the frames, so that a clip's questions begin alike and share the work (default); "
        "system: in the system message, as the official runner has it",
    )
    seen.add_argument(
        "--frames",
        type=_counts,
        default=(8,),
        metavar="N[,N...]",
        help="frames a clip (default: 8, as "
        "in the paper); several, as 4,8,16, are a run each and a table like the paper's Table 3",
    )
    seen.add_argument(
        "--sampling",
        default="uniform",
        metavar="RULE",
        help="uniform (middles of equal segments), "
        "endpoints (first to last), starter-kit (the official runner's); default: uniform",
    )
    seen.add_argument(
        "--input",
        default="video",
        metavar="MODE",
        help="what is shown of a clip, to see what it is "
        "worth: text-only (no frames), middle-frame, shuffled, reversed, other-clip; default: video",
    )
    seen.add_argument(
        "--decoder",
        choices=("decord", "pyav"),
        help="video decoder; both give the same pixels (default: decord where it is installed)",
    )
    _api(parser.add_argument_group("models behind an OpenAI-compatible endpoint"))
    _local(parser.add_argument_group("models on this machine"))
    _many(parser.add_argument_group("more than one GPU or machine, on Ray (pip install 'mabench_eval[ray]')"))
    how = parser.add_argument_group("how it is scored and kept")
    judge(how)
    flags(how)
    how.add_argument("--seed", type=int, default=0, help="seed of everything random (default: 0)")
    how.add_argument(
        "--output",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="results go to DIR/<model>/<run id>/ (default: results)",
    )
    how.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be asked and how much of it is already answered, and stop",
    )
    environment(how)
    include(how)
    as_json(how)


def _api(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--engine",
        metavar="NAME",
        help="engine, in place of the card's; `openai` runs a model that has no card, on any server",
    )
    group.add_argument(
        "--base-url",
        metavar="URL",
        help="the endpoint, e.g. http://localhost:8000/v1 "
        "(not part of the run's identity: name another server's model differently)",
    )
    group.add_argument("--model-id", metavar="ID", help="what the endpoint calls the model (default: --model)")
    group.add_argument(
        "--api-key-env",
        dest="key_env",
        metavar="VAR",
        help="environment variable that holds the key (default: OPENAI_API_KEY; a server of your own may do without)",
    )
    group.add_argument("--concurrency", type=int, metavar="N", help="requests in flight (default: adaptive, to 64)")
    group.add_argument(
        "--max-retries", type=int, metavar="N", help="further tries of a request that failed in passing (default: 8)"
    )
    group.add_argument("--request-timeout", type=float, metavar="S", help="seconds for one request (default: 120)")
    group.add_argument("--jpeg-quality", type=int, metavar="Q", help="of the frames sent, 1-100 (default: 95)")
    group.add_argument(
        "--max-side", type=int, metavar="PX", help="scale frames down to this longer side (default: never)"
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any setting of a card, e.g. temperature=1; the value is YAML; may be given again",
    )
    group.add_argument(
        "--max-cost", type=float, metavar="USD", help="ask nothing more once answers and judgments cost so much"
    )
    group.add_argument(
        "--protocol",
        choices=("starter-kit",),
        help="send what the challenge's official runner sends: "
        "its frames, JPEG quality 95, system prompt, images, question",
    )


def _counts(text: str) -> tuple[int, ...]:
    """``4,8,16`` as numbers, each once."""
    counts = tuple(dict.fromkeys(int(word) for word in text.split(",")))
    if min(counts) < 1:
        raise ValueError(text)
    return counts


_counts.__name__ = "number of frames"  # as error messages call it


def _local(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--answers",
        choices=("generate", "constrained", "logprob"),
        help="generate: free text, as in "
        "the paper (default); constrained: nothing but an option; logprob: the most probable option, "
        "with all log-probabilities recorded",
    )
    group.add_argument("--lora", metavar="PATH", help="LoRA adapter: a folder, or a repository on the hub")
    group.add_argument(
        "--dtype",
        choices=("auto", "bfloat16", "float16", "float32"),
        help="number format of the weights (default: the checkpoint's)",
    )
    group.add_argument(
        "--device", metavar="NAME", help="transformers: cpu, cuda:0, ... (default: auto, placed over all GPUs)"
    )
    group.add_argument(
        "--tensor-parallel", type=int, metavar="N", help="vllm: GPUs that a model is spread over (default: 1)"
    )
    group.add_argument(
        "--gpu-memory", type=float, metavar="SHARE", help="vllm: share of a GPU's memory to take (default: 0.9)"
    )
    group.add_argument(
        "--max-model-len",
        type=int,
        metavar="N",
        help="vllm: tokens of prompt and answer (default: what the frames and the longest answer need)",
    )
    group.add_argument(
        "--trust-remote-code",
        action="store_true",
        help="let code from the checkpoint's repository run; a card that pins a revision does so by itself",
    )


def _many(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        help="processes that hold the model, each on GPUs of "
        "its own; auto: one a GPU, or one a core where there is none",
    )
    group.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="an existing Ray cluster, e.g. auto or HOST:6379 (default: one is started on this machine)",
    )
    group.add_argument(
        "--ship-clips",
        action="store_true",
        help="send clips to the workers (default: every node reads them from the same folder)",
    )


def _workers(text: str) -> int | str:
    return text if text == "auto" else int(text)


_workers.__name__ = "number of workers"
