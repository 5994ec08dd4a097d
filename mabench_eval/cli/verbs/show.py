"""Show a task with the prompt of a real question, word for word; or a model's card with the same.

With --question, for a checkpoint: the frames of the question's clip, and what the checkpoint's processor makes of them.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_text
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.question_file import read_questions
from mabench_eval.cli.shared_options import DATA, ENVIRONMENT, INCLUDE, JSON, PROMPTS, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.benchmark import Benchmark
    from mabench_eval.catalogue import Catalogue, ModelCard, TaskCard
    from mabench_eval.types import Question, Request

OPTIONS = (
    Option("name TASK|MODEL", "a task or a model of the catalogue, in any case"),
    Option("--question QID", "take the prompt of this question (default: the first)"),
    *PROMPTS,
    Option("--seed SEED", "seed that draws the examples of --shots (default: 0)", type=int, default=0),
    *DATA,
    ENVIRONMENT,
    INCLUDE,
    JSON,
)
PREVIEWED = ("transformers", "vllm")
"""Engines whose models can be shown with what they see."""
ANSWER = "<what the model answered>"
MEDIA = "the frames of the clip"
"""Where the pictures stand in a prompt: before the question."""


def run(options: Namespace) -> int:
    """Show a task or a model."""
    from dataclasses import asdict

    from mabench_eval.catalogue import ModelCard, TaskCard, load_catalogue
    from mabench_eval.planning import with_prompts

    catalogue = load_catalogue(options.include).check()
    tasks = with_prompts(catalogue.tasks, options.prompts) if options.prompts else catalogue.tasks
    card = _card(options.name, catalogue)
    benchmark = read_questions(options.data, catalogue.tasks, options.clips)
    question = _question(benchmark, options, card.name if isinstance(card, TaskCard) else None)
    request = _request(question, tasks, options)
    verdict = _verdict_request(tasks[question.task], question)
    preview = None
    if isinstance(card, ModelCard) and card.engine in PREVIEWED and options.question:
        preview = _preview(card, question, request, benchmark)

    if options.json:
        prompt = {**asdict(request), "clip": question.clip, "media": MEDIA}
        judge = asdict(verdict) if verdict else None
        print_json({**_fields(card), "prompt": prompt, "judge": judge, "seen": preview})
        return DONE
    _print_fields(_fields(card))
    if preview:
        print_text("\n--- what the model sees")
        for key, value in preview.items():
            print_text(f"{key}: {value}")
    else:
        _print_prompt(question, request, verdict)
    return DONE


def _print_fields(fields: Mapping[str, Any]) -> None:
    """A line a field; of the settings, and of what is listed in one, a line each."""
    for key, value in fields.items():
        if isinstance(value, dict):
            print_text(f"{key}:" if value else f"{key}: none")
            for name, setting in value.items():
                several = isinstance(setting, list) and any(isinstance(each, dict) for each in setting)
                for each in setting if several else [setting]:
                    print_text(f"  {name}: {each}")
        else:
            print_text(f"{key}: {value:.4g}" if isinstance(value, float) else f"{key}: {value}")


def _print_prompt(question: Question, request: Request, verdict: Request | None) -> None:
    limit = f"at most {request.max_tokens} tokens back"
    print_text(f"\n--- what is asked for {question.qid} on clip {question.clip} ({limit})")
    print_text(f"[system]\n{request.system_prompt}\n")
    for shot in request.shots:
        media = f"<the frames of {shot.clip.name}>\n" if shot.clip else ""
        print_text(f"[user]\n{media}{shot.question}\n\n[assistant]\n{shot.answer}\n")
    print_text(f"[user]\n<{MEDIA}>\n{request.user_prompt}")
    if verdict:
        print_text(f"\n--- what a model is asked that judges the answer\n[system]\n{verdict.system_prompt}\n")
        print_text(f"[user]\n{verdict.user_prompt}")


def _card(name: str, catalogue: Catalogue) -> TaskCard | ModelCard:
    from mabench_eval.catalogue import checkpoint_card, find_card, is_checkpoint

    if is_checkpoint(name):
        return checkpoint_card(name)
    if "/" in name:  # no task: a checkpoint, as other tools name it
        return catalogue.model(name)
    cards: dict[str, TaskCard | ModelCard] = {**catalogue.models, **catalogue.tasks}
    return find_card("task or model", name, cards)


def _question(benchmark: Benchmark, options: Namespace, task: str | None) -> Question:
    """The question of ``--question``, else the first; of a task, where one is shown."""
    for question in benchmark.questions:
        if options.question in (None, question.qid) and task in (None, question.task):
            return question
    what = f"question {options.question}" if options.question else "question"
    raise InputError(f"--data {options.data} has no {what}{f' of task {task}' if task else ''}")


def _request(question: Question, tasks: Mapping[str, TaskCard], options: Namespace) -> Request:
    """The request as a run would make it."""
    from mabench_eval.benchmark import load_benchmark
    from mabench_eval.planning import NO_SHOTS, choose_shots, make_plan
    from mabench_eval.types import Clip

    examples = NO_SHOTS
    if options.shots_data:
        labelled = load_benchmark(options.shots_data, tasks, options.clips)
        examples = choose_shots(labelled, options.shots, options.seed, {question.task}, frames=options.shots_frames)
    (planned,) = make_plan([question], [tasks[question.task]], {question.clip: Clip(question.clip)}, {}, examples).clips
    return planned.requests[0]


def _verdict_request(task: TaskCard, question: Question) -> Request | None:
    """The request to a judge that is a model; None for closed tasks and where there is no reference."""
    from mabench_eval.judging import MAX_TOKENS, judge_prompt, read_rubric
    from mabench_eval.types import JudgeRequest

    if task.closed or question.answer is None:
        return None
    rubric = read_rubric(task).text
    return judge_prompt(JudgeRequest("", task.name, task.levels, question.answer, ANSWER, rubric), MAX_TOKENS)


def _preview(card: ModelCard, question: Question, request: Request, benchmark: Benchmark) -> dict[str, Any]:
    """The frames of a question's clip, and what the checkpoint's processor makes of them."""
    from mabench_eval.benchmark import read_clips
    from mabench_eval.catalogue import settings_of
    from mabench_eval.engines.local import LocalSettings
    from mabench_eval.engines.transformers import TransformersEngine
    from mabench_eval.packages import lacks
    from mabench_eval.video import Sampling, decode

    settings = settings_of(LocalSettings, card.settings, f"model {card.name!r}")
    clip = read_clips([question.clip], benchmark.clip_folder)[question.clip]
    frames = decode(clip, Sampling())
    try:
        of_processor = TransformersEngine(card, 0).preview(request, frames)
    except ImportError as error:
        raise lacks("showing this", error, "hf") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{settings.repo}: {error}", hint=f"mabench-eval doctor {card.name} looks for it.") from error
    return {
        "frames": list(frames.indices),
        "times (s)": [round(time, 3) for time in frames.timestamps],
        "decoded size": list(frames.pixels.shape[1:3]),
        **of_processor,
    }


def _sending(card: ModelCard) -> dict[str, str]:
    """How clips travel to a model behind an endpoint; empty for one that gets none."""
    from mabench_eval.engines import open_engine

    sending = open_engine(card, 0).sending if card.engine == "openai" and card.needs_frames else ""
    return {"clips are sent as": sending} if sending else {}


def _fields(card: TaskCard | ModelCard) -> dict[str, Any]:
    """What a card says, by the words that the terminal shows it under."""
    from mabench_eval.catalogue import ModelCard
    from mabench_eval.judging import rubric_path

    fields = {"name": card.name, "source": str(card.source), "version": card.version}
    if isinstance(card, ModelCard):
        return {
            **fields,
            "engine": card.engine,
            "description": card.description,
            "looks at frames": "yes" if card.needs_frames else "no",
            "proven": card.how_proven,
            **_sending(card),
            "settings": dict(card.settings),
        }
    fields |= {"full name": card.full_name, "tier": card.tier, "answer": card.answer.value, "metric": card.metric}
    if card.closed:
        return {**fields, "options": ", ".join(card.options), "chance": card.chance}
    return {**fields, "levels": ", ".join(card.levels), "rubric": str(rubric_path(card))}
