"""The options of every command. Imports nothing heavy: ``--help`` is instant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from mabench_eval import __version__
from mabench_eval.errors import InputError

VERBS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "run": ("mabench_eval.cli.run", "run"),
    "list": ("mabench_eval.cli.catalogue", "list_"),
    "show": ("mabench_eval.cli.catalogue", "show"),
    "judge": ("mabench_eval.cli.judging", "judge"),
    "check-judge": ("mabench_eval.cli.judging", "check"),
    "score": ("mabench_eval.cli.predictions", "score"),
    "submit": ("mabench_eval.cli.predictions", "submit"),
    "validate": ("mabench_eval.cli.predictions", "validate"),
    "compare": ("mabench_eval.cli.comparison", "comparison"),
    "leaderboard": ("mabench_eval.cli.leaderboard", "leaderboard"),
    "doctor": ("mabench_eval.cli.doctor", "doctor"),
    "env": ("mabench_eval.cli.environments", "environments"),
})  # fmt: skip
"""Command -> module and function, imported when it is called."""

EPILOG = """\
examples:
  mabench-eval --model motion --data demo --tasks all       the bundled demo, offline, no weights, no key
  mabench-eval --model NAME --data questions.json --clips videos/
  mabench-eval --model NAME --data DIR --tasks cmar,fmar --limit 20 --dry-run
  mabench-eval list models                                  what can be evaluated
  mabench-eval show CMAR                                    what is asked, word for word

exit codes:
  0 done    2 bad input, nothing was run    3 incomplete: the same command again goes on where it stopped
  1 other failure    130 interrupted: the same command again goes on where it stopped
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors suggest what was meant."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise InputError."""
        raise InputError(message + self._suggestion(message), hint=f"See: {self.prog} --help")

    def _suggestion(self, message: str) -> str:
        wrong = re.search(r"(?:unrecognized arguments: |invalid choice: ')([\w-]+)", message)
        close = get_close_matches(wrong[1], self._known_words(), n=1, cutoff=0.6) if wrong else []
        return f"; did you mean {close[0]!r}?" if close else ""

    def _known_words(self) -> list[str]:
        """Options and commands, those of all commands included: unknown options are reported by the top parser."""
        below = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        parsers = [
            self,
            *(parser for action in below for parser in action.choices.values()),
        ]
        return list(VERBS) + [word for parser in parsers for word in parser._option_string_actions]


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the result's ``verb`` names the command."""
    parser = Parser(
        prog="mabench-eval",
        description="Evaluate models on MA-Bench, the benchmark of fine-grained micro-action understanding.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"mabench_eval {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND", parser_class=Parser)
    _run(verbs.add_parser("run", help="evaluate a model (implied when no command is given)", epilog=EPILOG))
    _list(verbs.add_parser("list", help="list models, tasks or judges"))
    _show(verbs.add_parser("show", help="show a task's real prompt, or a model's card"))
    _score(verbs.add_parser("score", help="score an official prediction file against a question file with answers"))
    _judge_run(verbs.add_parser("judge", help="judge the open answers of a finished run, again or for the first time"))
    _check_judge(verbs.add_parser("check-judge", help="measure a judge by references with controlled damage"))
    _submit(verbs.add_parser("submit", help="write the official prediction file of a run"))
    _validate(verbs.add_parser("validate", help="check an official prediction file against a question file"))
    _compare(verbs.add_parser("compare", help="runs against each other, paired by question, with error bars by clip"))
    _leaderboard(verbs.add_parser("leaderboard", help="write the leaderboard: the paper's rows and your runs"))
    _doctor(verbs.add_parser("doctor", help="whether a model can run here, and what mends what is missing"))
    _environments(verbs.add_parser("env", help="environments: the sets of packages that models need"))
    return parser


def _run(parser: argparse.ArgumentParser) -> None:
    parser.description = "Evaluate a model. The same command again asks only what is missing."
    what = parser.add_argument_group("what to evaluate")
    what.add_argument("--model", required=True, help="a model of the catalogue (see `list models`), hf:ORG/NAME, or "
                      "the folder of a checkpoint")  # fmt: skip
    what.add_argument("--tasks", default="all", help="all, closed, open, perceptual, relational, interpretive, task "
                      "names; a comma list of them, in any case (default: all)")  # fmt: skip
    _data(what)
    what.add_argument("--limit", type=int, metavar="N", help="the first N clips only")
    what.add_argument("--shard", metavar="I/N", help="the I-th of N parts, whole clips, e.g. 3/8")
    seen = parser.add_argument_group("what the model sees")
    _prompts(seen)
    seen.add_argument("--instructions", choices=("user", "system"), default="user", help="where a task's words stand: "
                      "user: after the frames, so that a clip's questions begin alike and share the work (default); "
                      "system: in the system message, as the official runner has it")  # fmt: skip
    seen.add_argument("--frames", type=_counts, default=(8,), metavar="N[,N...]", help="frames a clip (default: 8, as "
                      "in the paper); several, as 4,8,16, are a run each and a table like the paper's Table 3"
                      )  # fmt: skip
    seen.add_argument("--sampling", default="uniform", metavar="RULE", help="uniform (middles of equal segments), "
                      "endpoints (first to last), starter-kit (the official runner's); default: uniform")  # fmt: skip
    seen.add_argument("--input", default="video", metavar="MODE", help="what is shown of a clip, to see what it is "
                      "worth: text-only (no frames), middle-frame, shuffled, reversed, other-clip; default: video"
                      )  # fmt: skip
    seen.add_argument("--decoder", choices=("decord", "pyav"), help="video decoder; both give the same pixels "
                      "(default: decord where it is installed)")  # fmt: skip
    _api(parser.add_argument_group("models behind an OpenAI-compatible endpoint"))
    _local(parser.add_argument_group("models on this machine"))
    how = parser.add_argument_group("how it is scored and kept")
    _judge(how)
    how.add_argument("--seed", type=int, default=0, help="seed of everything random (default: 0)")
    how.add_argument("--output", type=Path, default=Path("results"), metavar="DIR", help="results go to "
                     "DIR/<model>/<run id>/ (default: results)")  # fmt: skip
    how.add_argument("--dry-run", action="store_true", help="say what would be asked and how much of it is already "
                     "answered, and stop")  # fmt: skip
    _environment(how)
    _include(how)
    _json(how)


def _api(group: argparse._ActionsContainer) -> None:
    group.add_argument("--engine", metavar="NAME", help="engine, in place of the card's; `openai` runs a model "
                       "that has no card, on any server")  # fmt: skip
    group.add_argument("--base-url", metavar="URL", help="the endpoint, e.g. http://localhost:8000/v1 "
                       "(not part of the run's identity: name another server's model differently)")  # fmt: skip
    group.add_argument("--model-id", metavar="ID", help="what the endpoint calls the model (default: --model)")
    group.add_argument("--api-key-env", dest="key_env", metavar="VAR", help="environment variable that holds the key "
                       "(default: OPENAI_API_KEY; a server of your own may do without)")  # fmt: skip
    group.add_argument("--concurrency", type=int, metavar="N", help="requests in flight (default: adaptive, to 64)")
    group.add_argument("--max-retries", type=int, metavar="N", help="further tries of a request that failed in passing "
                       "(default: 8)")  # fmt: skip
    group.add_argument("--request-timeout", type=float, metavar="S", help="seconds for one request (default: 120)")
    group.add_argument("--jpeg-quality", type=int, metavar="Q", help="of the frames sent, 1-100 (default: 95)")
    group.add_argument("--max-side", type=int, metavar="PX", help="scale frames down to this longer side (default: "
                       "never)")  # fmt: skip
    group.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of a card, e.g. "
                       "temperature=1; the value is YAML; may be given again")  # fmt: skip
    group.add_argument(
        "--max-cost", type=float, metavar="USD", help="ask nothing more once answers and judgments cost so much"
    )
    group.add_argument("--protocol", choices=("starter-kit",), help="send what the challenge's official runner sends: "
                       "its frames, JPEG quality 95, system prompt, images, question")  # fmt: skip


def _counts(text: str) -> tuple[int, ...]:
    """``4,8,16`` as numbers, each once."""
    counts = tuple(dict.fromkeys(int(word) for word in text.split(",")))
    if min(counts) < 1:
        raise ValueError(text)
    return counts


_counts.__name__ = "number of frames"  # as error messages call it


def _local(group: argparse._ActionsContainer) -> None:
    group.add_argument("--answers", choices=("generate", "constrained", "logprob"), help="generate: free text, as in "
                       "the paper (default); constrained: nothing but an option; logprob: the most probable option, "
                       "with all log-probabilities recorded")  # fmt: skip
    group.add_argument("--lora", metavar="PATH", help="LoRA adapter: a folder, or a repository on the hub")
    group.add_argument("--dtype", choices=("auto", "bfloat16", "float16", "float32"), help="number format of the "
                       "weights (default: the checkpoint's)")  # fmt: skip
    group.add_argument("--device", metavar="NAME", help="transformers: cpu, cuda:0, ... (default: auto, placed over "
                       "all GPUs)")  # fmt: skip
    group.add_argument("--tensor-parallel", type=int, metavar="N", help="vllm: GPUs that a model is spread over "
                       "(default: 1)")  # fmt: skip
    group.add_argument("--gpu-memory", type=float, metavar="SHARE", help="vllm: share of a GPU's memory to take "
                       "(default: 0.9)")  # fmt: skip
    group.add_argument("--max-model-len", type=int, metavar="N", help="vllm: tokens of prompt and answer (default: "
                       "what the frames and the longest answer need)")  # fmt: skip
    group.add_argument("--trust-remote-code", action="store_true", help="let code from the checkpoint's repository "
                       "run; a card that pins a revision does so by itself")  # fmt: skip


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("models", "tasks", "judges"))
    _include(parser)
    _json(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="TASK|MODEL", help="a task or a model of the catalogue, in any case")
    parser.add_argument("--question", metavar="QID", help="take the prompt of this question (default: the first)")
    _prompts(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed that draws the examples of --shots (default: 0)")
    _data(parser)
    _environment(parser)
    _include(parser)
    _json(parser)


def _score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="official prediction file (JSON: prompts, answers)")
    _data(parser, required=True)
    _judge(parser)
    parser.add_argument("--output", type=Path, metavar="DIR", help="keep judgments in DIR, so that the same command "
                        "makes no call twice (default: <FILE>.judgments when a judge is a model)")  # fmt: skip
    _include(parser)
    _json(parser)


def _judge_run(parser: argparse.ArgumentParser) -> None:
    parser.description = ("Judge the open answers of a run; its scores are then those of these judges. What a judge "
                          "has scored before is in the run's journal and costs no call.")  # fmt: skip
    _run_folder(parser)
    _judge(parser, required=True)
    parser.add_argument("--max-cost", type=float, metavar="USD", help="ask no more once the calls cost so much")
    _include(parser)
    _json(parser)


def _check_judge(parser: argparse.ArgumentParser) -> None:
    parser.description = ("Measure a judge without any human label: references as their own answers, references of "
                          "other clips, and controlled damage that must lower one level and leave the others. The same "
                          "command asks only what is missing. docs/judges.md tells how to read the card.")  # fmt: skip
    parser.add_argument("judge", metavar="JUDGE", help="a judge (see `list judges`), any model, or `openai`")
    _judge_endpoint(parser)
    _data(parser, required=True)
    parser.add_argument("--repeats", type=int, default=2, metavar="K", help="how often each case is asked (default: 2)")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N clips only")
    parser.add_argument("--seed", type=int, default=0, help="draws other clips and wrong labels (default: 0)")
    parser.add_argument("--output", type=Path, default=Path("results"), metavar="DIR", help="the card goes to "
                        "DIR/judge-cards/<judge>/ (default: results)")  # fmt: skip
    _include(parser)
    _json(parser)


def _run_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, results/<model>/<run id>")


def _submit(parser: argparse.ArgumentParser) -> None:
    _run_folder(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="prediction file to write")
    parser.add_argument("--fill", action="store_true", help="answer what the model left open with the first "
                        "option (the official format wants every question answered)")  # fmt: skip


def _validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="official prediction file (JSON: prompts, answers)")
    _data(parser, required=True)
    _include(parser)
    _json(parser)


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.description = ("Every pair of the runs: differences with intervals and p-values that know that questions "
                          "share clips, and a warning where more than the model differs.")  # fmt: skip
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of finished runs, two or more")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    _json(parser)


def _leaderboard(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUN", help="folders of own runs to show beside the "
                        "committed entries")  # fmt: skip
    parser.add_argument("--dir", type=Path, default=Path("leaderboard"), metavar="DIR", help="folder of the "
                        "leaderboard: entries/ and the table, README.md (default: leaderboard)")  # fmt: skip
    parser.add_argument("--add", action="store_true", help="keep the runs as entries in DIR/entries/")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the table is not up to date")
    _json(parser)


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = "Look for all that a model needs here: packages, GPU, memory, disk, hub, licence, key."
    parser.add_argument("model", metavar="MODEL", help="a model of the catalogue, hf:ORG/NAME, or a folder")
    parser.add_argument("--engine", metavar="NAME", help="engine, in place of the card's")
    parser.add_argument("--lora", metavar="PATH", help="with this LoRA adapter")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of the card, as "
                        "in `run`")  # fmt: skip
    parser.add_argument("--trust-remote-code", action="store_true", help="with code of the repository allowed to run")
    _include(parser)
    _json(parser)


def _environments(parser: argparse.ArgumentParser) -> None:
    parser.description = ("Sets of packages, each in a cached virtual environment of its own; `run --env auto` takes "
                          "the one that the model's card names. MABENCH_EVAL_ENVIRONMENTS=DIR keeps them elsewhere "
                          "than in ~/.cache/mabench_eval.")  # fmt: skip
    parser.add_argument("what", choices=("list", "make", "path"), help="list: all, and which are made; make: make one; "
                        "path: its Python interpreter")  # fmt: skip
    parser.add_argument("name", nargs="?", metavar="NAME", help="an environment (see `env list`)")
    _include(parser)
    _json(parser)


def _environment(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--env", default="current", metavar="NAME", help="where to run: current: with the packages "
                        "that are installed (default); auto: in the environment that the model's card names, made when "
                        "it is not there (see `env list`); NAME: in that one")  # fmt: skip


def _data(parser: argparse._ActionsContainer, *, required: bool = False) -> None:
    parser.add_argument("--data", default=None if required else "demo", required=required, metavar="DATA",
                        help="question file (JSON or JSON lines), folder (question file and videos/), `demo` or `hub`"
                        + ("" if required else " (default: demo)"))  # fmt: skip
    parser.add_argument("--clips", type=Path, metavar="DIR", help="clip folder (default: videos/ beside the questions)")


def _prompts(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--prompts", type=Path, metavar="FILE", help="prompts of your own, YAML or JSON: task -> "
                        "system prompt, or -> system_prompt, user_prompt, max_tokens")  # fmt: skip
    parser.add_argument("--shots", type=int, default=0, metavar="K", help="few-shot: K solved questions of the same "
                      "task, never on the clip in question (default: 0, as in the paper)")  # fmt: skip
    parser.add_argument("--shots-data", metavar="FILE", help="labelled question file that they come from")
    parser.add_argument("--shots-frames", action="store_true", help="show them with the frames of their clips (from "
                        "--clips, or videos/ beside their file)")  # fmt: skip


def _judge(parser: argparse._ActionsContainer, *, required: bool = False) -> None:
    default = "" if required else "; or `none` (default: lexical: offline, not the paper's)"
    parser.add_argument("--judge", default=None if required else "lexical", required=required, metavar="NAME[,NAME]",
                        help="judge of the open tasks (see `list judges`), or any model by its name, or `openai`; "
                        f"several are a panel{default}")  # fmt: skip
    _judge_endpoint(parser)


def _judge_endpoint(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--judge-base-url", metavar="URL", help="endpoint of --judge openai (default: OpenAI's)")
    parser.add_argument("--judge-model", dest="judge_model_id", metavar="ID", help="what it calls the model")
    parser.add_argument("--judge-api-key-env", dest="judge_key_env", metavar="VAR", help="environment variable that "
                        "holds its key (default: OPENAI_API_KEY; a server of your own may do without)")  # fmt: skip
    parser.add_argument("--judge-concurrency", type=int, metavar="N", help="calls in flight of each judge behind an "
                        "endpoint (default: adaptive, to 64)")  # fmt: skip


def _include(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--include", type=Path, action="append", default=[], metavar="PATH", help="a Python file with "
                        "@register_model, or a folder with tasks/, models/, judges/, environments/; may be given "
                        "again")  # fmt: skip


def _json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout, everything else on stderr")
