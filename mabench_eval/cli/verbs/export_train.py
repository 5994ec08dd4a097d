"""Write a training corpus: clips, questions and answers as LLaMA-Factory, `datasets` and plain readers take them.

SOURCE is a benchmark under construction (its captions are taught), or any labelled question file. Three recipes lie
beside the data: the vision encoder, the language model, or all of the model, by LoRA.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_out
from mabench_eval.cli.exit_codes import DONE, INTERRUPTED
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.shared_options import INCLUDE, JSON, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.training import CorpusReport

EXAMPLES = """\
examples:
  mabench-eval export-train mybench -o corpus --exclude questions.json
  mabench-eval export-train labelled.json --clips videos/ -o corpus \\
      --closed --weight SAD=0.5
  cd corpus && llamafactory-cli train recipes/lm.yaml   one GPU of 80 GB
  mabench-eval --model qwen3-vl-8b --lora none,lm=corpus/adapters/lm \\
      --data questions.json

What the model sees: --video frames writes the pictures that the evaluation would sample, so that training and test see
the same. --video clips links the clips; LLaMA-Factory then takes frames by a rule of its own, which evaluation follows
for such an adapter (`llamafactory` of --sampling).

--exclude keeps a benchmark's clips out of the corpus, clips with the same bytes, and all clips of the people in them.
docs/fine-tuning.md tells the whole way to a row of Table 4.
"""
OPTIONS = (
    Option("source SOURCE", "folder of a benchmark under construction, or a labelled question file or folder"),
    Option("-o --output DIR", "folder of the corpus", type=output_folder, required=True),
    Option("--clips DIR", "clip folder of a question file (default: videos/ beside it)", type=Path),
    Option("--video FORM", "frames (default) or clips", choices=("frames", "clips"), default="frames"),
    Option("--frames N", "frames a clip (default: 8, as in the evaluation)", type=int, default=8),
    Option(
        "--sampling RULE", "which frames, for --video frames (default: uniform; see `run --help`)", default="uniform"
    ),
    Option("--quality Q", "of the pictures, JPEG, 1-100 (default: 95)", type=int, default=95),
    Option(
        "--exclude QUESTIONS",
        "question file or folder whose clips and people are not trained on; may be given again",
        action="append",
        default=[],
    ),
    Option("--subjects REGEX", "finds the person in a clip's name (default: MA-52's, 0030_01_0002 is of 0030)"),
    Option("--closed", "teach the closed questions too, not MADU and MARE alone"),
    Option(
        "--wordings N", "ways in which each caption of a built benchmark is asked for (default: 1)", type=int, default=1
    ),
    Option(
        "--weight TASK=TIMES",
        "how often each conversation of a task is in, e.g. SAD=0.5; may be given again",
        action="append",
        default=[],
    ),
    Option(
        "--base REPO",
        "base model of the recipes (default: Qwen/Qwen3-VL-8B-Instruct)",
        default="Qwen/Qwen3-VL-8B-Instruct",
    ),
    Option("--template NAME", "LLaMA-Factory's template of the base model (default: by its name)"),
    Option(
        "--datasets",
        "also write datasets/, which `datasets.load_dataset` opens; needs pip install '.[datasets]'",
    ),
    Option("--seed SEED", "seed of what is drawn, and of the recipes (default: 0)", type=int, default=0),
    Option("--jobs N", "processes that decode, or auto: one a core (default)", default="auto"),
    INCLUDE,
    JSON,
)


def run(options: Namespace) -> int:
    """Write the corpus; the same command again goes on where it stopped."""
    from mabench_eval.benchmark import MA52
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.cli.verbs.build.shared import jobs
    from mabench_eval.training import CorpusSettings, write_corpus
    from mabench_eval.video import Sampling

    catalogue = load_catalogue(options.include).check()
    settings = CorpusSettings(
        options.source,
        options.output,
        options.clips,
        options.video,
        Sampling(options.sampling, options.frames),
        tuple(options.exclude),
        options.subjects or MA52,
        options.closed,
        options.wordings,
        _weights(options.weight, catalogue.tasks),
        options.base,
        options.template,
        options.datasets,
        options.quality,
        options.seed,
        jobs(options.jobs),
    )
    progress = make_progress()
    try:
        with progress:
            report = write_corpus(settings, catalogue, progress)
    except KeyboardInterrupt:
        print_line("\nInterrupted; pictures that are written stay. The same command goes on.")
        return INTERRUPTED
    if options.json:
        print_json(_as_json(report))
    else:
        _print(report)
    return DONE


def _weights(pairs: list[str], tasks: Any) -> dict[str, float]:
    """Raises InputError for what is no task, or no weight."""
    from mabench_eval.errors import did_you_mean

    weights = {}
    for pair in pairs:
        name, _, times = pair.partition("=")
        task = next((task for task in tasks if task.casefold() == name.casefold()), None)
        if task is None:
            raise InputError(f"--weight {pair}: no task {name!r}{did_you_mean(name, list(tasks))}")
        try:
            weights[task] = float(times)
        except ValueError:
            weights[task] = -1.0
        if not 0 <= weights[task] <= 100:
            raise InputError(f"--weight {pair}: expected TASK=TIMES, times from 0 to 100")
    return weights


def _as_json(report: CorpusReport) -> dict[str, Any]:
    from mabench_eval.runfiles import to_json

    record = to_json(report.record)
    return {"folder": str(report.folder), **record, "clips": len(report.record.clips)}


def _print(report: CorpusReport) -> None:
    record = report.record
    total = sum(record.tasks.values())
    tasks = ", ".join(f"{count:,} {task}" for task, count in record.tasks.items())
    print_out(f"{report.folder}: {total:,} conversations ({tasks}) on {len(record.clips):,} clips")
    for reason, count in record.excluded.items():
        print_out(f"left out: {count:,} clips, {reason}")
    if report.nameless:
        print_out(f"{report.nameless:,} clip names tell nobody (--subjects REGEX)")
    for note in report.notes:
        print_line(f"warning: {note}")
    print_line(f"train: cd {report.folder} && llamafactory-cli train recipes/lm.yaml")
