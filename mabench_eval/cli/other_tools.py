"""Names that other evaluation tools have for what this one does: lm-eval, lmms-eval, VLMEvalKit, inspect_ai.

Who comes from there types them; the answer is the name here, or that there is none and why none is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "--models": "--model",
        "-m": "--model",
        "--model-args": "--set",
        "-a": "--set",
        "-M": "--set",
        "--gen-kwargs": "--set",
        "--model-base-url": "--base-url",
        "--task": "--tasks",
        "-t": "--tasks",
        "--dataset": "--data",
        "--datasets": "--data",
        "--num-fewshot": "--shots",
        "-f": "--shots",
        "-L": "--limit",
        "--max-samples": "--limit",
        "--epochs": "--repeats",
        "--output-path": "--output",
        "--output-dir": "--output",
        "--work-dir": "--output",
        "--log-dir": "--output",
        "--include-path": "--include",
        "--system-instruction": "--prompts",
        "--system-message": "--prompts",
        "--nframe": "--frames",
        "--nframes": "--frames",
        "--num-frames": "--frames",
        "--max-frames-num": "--frames",
        "--max-connections": "--concurrency",
        "--api-nproc": "--concurrency",
        "--retry": "--max-retries",
        "--timeout": "--request-timeout",
        "--cost-limit": "--max-cost",
    }
)
"""Another tool's option -> the one here. Long names are written with hyphens and in lower case."""

_KEPT = "answers are kept and never asked twice, without an option; --fresh asks anew"
_SET = "a setting of the model: --set {name}=VALUE, where its card has it"
_NONE = "there is no such option, and a run is recorded whole in its folder"
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "--model-config": "what a model is stands in its card (--include DIR), or --set NAME=VALUE",
        "--log-samples": "every answer is kept, in samples.jsonl of the run's folder",
        "-s": "every answer is kept, in samples.jsonl of the run's folder",
        "--write-out": "mabench-eval show TASK prints a real prompt, word for word",
        "-w": "mabench-eval show TASK prints a real prompt, word for word",
        "--use-cache": _KEPT,
        "-c": _KEPT,
        "--cache": _KEPT,
        "--cache-requests": _KEPT,
        "--reuse": _KEPT,
        "--resume": _KEPT,
        "--batch-size": "batches are chosen by the engine; for transformers, --set batch=N is the most at once",
        "-b": "batches are chosen by the engine; for transformers, --set batch=N is the most at once",
        "--max-batch-size": "for transformers, --set batch=N is the most questions at once",
        "--apply-chat-template": "a checkpoint's own chat template is always applied",
        "--fewshot-as-multiturn": "examples of --shots are turns of the conversation in any case",
        "--predict-only": "--judge none leaves open answers unjudged, and `judge RUN` judges them later",
        "-x": "--judge none leaves open answers unjudged, and `judge RUN` judges them later",
        "--no-score": "--judge none leaves open answers unjudged, and `judge RUN` judges them later",
        "--mode": "a run asks and scores; --judge none leaves open answers unjudged, `judge RUN` judges them later",
        "--judge-args": "--judge-base-url, --judge-model and --judge-api-key-env tell of a judge behind an endpoint",
        "--use-vllm": "--engine vllm",
        "--api-key": "keys are read from the environment: export OPENAI_API_KEY=..., or --api-key-env VAR",
        "--temperature": _SET.format(name="temperature"),
        "--max-tokens": "the limit of an answer belongs to its task: --prompts FILE can change it (max_tokens)",
        "--max-new-tokens": "the limit of an answer belongs to its task: --prompts FILE can change it (max_tokens)",
        "--top-p": "for models behind an endpoint: --set extra_body='{top_p: 0.9}'",
        "--fps": "a number of frames is given, not a rate: --frames N",
        "--fallback-model": "an answer of another model is another run: --model NAME of its own, and `compare`",
        "--fallback": "an answer of another model is another run: --model NAME of its own, and `compare`",
        "--sample-id": "single questions cannot be chosen; --limit N takes the first clips",
        "--verbosity": _NONE,
        "-v": _NONE,
        "--verbose": _NONE,
        "--wandb-args": _NONE,
        "--hf-hub-log-args": _NONE,
        "--tags": _NONE,
        "--metadata": _NONE,
    }
)
"""Another tool's option of a run that has no counterpart of its own here -> what to do in its place."""

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "eval": "run",
        "evaluate": "run",
        "eval-set": "run",
        "infer": "run",
        "ls": "list",
        "models": "list",
        "tasks": "list",
        "mlist": "list",
        "info": "show",
        "view": "report",
    }
)
"""Another tool's command -> the one here."""
