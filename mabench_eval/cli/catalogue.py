"""``mabench-eval list`` and ``show``: look before you spend."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mabench_eval.benchmark import Benchmark, load_benchmark, read_clips
from mabench_eval.catalogue import (
    Catalogue,
    ModelCard,
    TaskCard,
    checkpoint_card,
    find_card,
    is_checkpoint,
    load_catalogue,
    settings_of,
)
from mabench_eval.cli.console import print_json, print_line, print_table, terminal_width
from mabench_eval.engines.local import LOCAL_ENGINES, LocalSettings
from mabench_eval.engines.transformers import TransformersEngine
from mabench_eval.errors import InputError
from mabench_eval.judging import MAX_TOKENS, judge_prompt, read_rubric, rubric_path
from mabench_eval.planning import (
    ChooseShots,
    choose_shots,
    make_plan,
    no_shots,
    with_prompts,
)
from mabench_eval.types import Clip, JudgeRequest, Question, Request
from mabench_eval.video import DECODERS, Sampling, pick_decoder

LOCAL = ("transformers", "vllm")
"""Engines whose models can be shown with what they see."""
ANSWER = "<what the model answered>"
WIDE = 160
"""Columns from which on the list of models has room for descriptions."""
MEDIA = "the frames of the clip"
"""Where the pictures stand in a prompt: before the question."""


def list_(options: Namespace) -> int:
    """List one kind of card. A broken entry is a warning here, never a crash."""
    catalogue = load_catalogue(options.include)
    for warning in (*catalogue.problems, *catalogue.warnings):
        print_line(f"warning: {warning}")
    rows = {"models": _models, "tasks": _tasks, "judges": _judges}[options.what](catalogue)
    if options.json:
        print_json(rows)
        return 0
    if options.what == "models" and terminal_width() < WIDE:  # `show NAME` tells it
        rows = [{key: value for key, value in row.items() if key != "description"} for row in rows]
    print_table(
        [key.replace("_", " ") for key in rows[0]],
        [list(map(str, row.values())) for row in rows],
        text_columns=len(rows[0]),
    )
    return 0


def show(options: Namespace) -> int:
    """Show a task (with the prompt of a real question) or a model (card and the same)."""
    catalogue = load_catalogue(options.include).check()
    tasks = with_prompts(catalogue.tasks, options.prompts) if options.prompts else catalogue.tasks
    cards: dict[str, TaskCard | ModelCard] = {**catalogue.models, **catalogue.tasks}
    card = (
        checkpoint_card(options.name)
        if is_checkpoint(options.name)
        else find_card("task or model", options.name, cards)
    )
    question = _question(options, catalogue, card.name if isinstance(card, TaskCard) else None)
    request = _request(question, tasks, options)
    fields, verdict = _fields(card), _verdict(tasks[question.task], question)
    seen = None
    if isinstance(card, ModelCard) and card.engine in LOCAL and options.question:
        seen = _seen(card, question, request, load_benchmark(options.data, catalogue.tasks, options.clips))
    if options.json:
        told = asdict(verdict) if verdict else None
        print_json(
            {
                **fields,
                "prompt": {**asdict(request), "clip": question.clip, "media": MEDIA},
                "judge": told,
                "seen": seen,
            }
        )
        return 0
    for key, value in fields.items():
        print(f"{key}: {value}")
    if seen:
        print("\n--- what the model sees")
        for key, value in seen.items():
            print(f"{key}: {value}")
        return 0
    print(f"\n--- what is asked for {question.qid} on clip {question.clip} (at most {request.max_tokens} tokens back)")
    print(f"[system]\n{request.system_prompt}\n")
    for shot in request.shots:
        media = f"<the frames of {shot.clip.name}>\n" if shot.clip else ""
        print(f"[user]\n{media}{shot.question}\n\n[assistant]\n{shot.answer}\n")
    print(f"[user]\n<{MEDIA}>\n{request.user_prompt}")
    if verdict:
        print(f"\n--- what a model is told that judges the answer\n[system]\n{verdict.system_prompt}\n")
        print(f"[user]\n{verdict.user_prompt}")
    return 0


def _seen(card: ModelCard, question: Question, request: Request, benchmark: Benchmark) -> dict[str, Any]:
    """The frames of a question's clip, and what the checkpoint's processor makes of them."""
    settings = settings_of(LocalSettings, card.settings, f"model {card.name!r}")
    clip = read_clips([question.clip], benchmark.clip_folder)[question.clip]
    assert clip.path is not None, "read_clips gives the file"
    frames = DECODERS[pick_decoder()](clip.path, Sampling())
    times = [round(time, 3) for time in frames.timestamps]
    size = list(frames.pixels.shape[1:3])
    try:
        found = TransformersEngine(card, 0).preview(request, frames)
    except ImportError as error:
        raise InputError(f"showing this needs transformers: {error}", hint="pip install 'mabench_eval[hf]'") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{settings.repo}: {error}", hint=f"mabench-eval doctor {card.name} looks for it.") from error
    return {"frames": list(frames.indices), "times (s)": times, "decoded size": size, **found}


def _verdict(task: TaskCard, question: Question) -> Request | None:
    """The request to a judge that is a model; None for closed tasks and where there is no reference."""
    if task.closed or question.answer is None:
        return None
    rubric = read_rubric(task).text
    return judge_prompt(JudgeRequest("", task.name, task.levels, question.answer, ANSWER, rubric), MAX_TOKENS)


def _request(question: Question, tasks: Mapping[str, TaskCard], options: Namespace) -> Request:
    """The request as a run would make it."""
    choose: ChooseShots = no_shots
    if options.shots_data:
        labelled = load_benchmark(options.shots_data, tasks, options.clips)
        choose = choose_shots(labelled, options.shots, options.seed, {question.task}, frames=options.shots_frames)
    (planned,) = make_plan([question], [tasks[question.task]], {question.clip: Clip(question.clip)}, {}, choose).clips
    return planned.requests[0]


def _models(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "engine": card.engine,
            **_terms(card),
            "proven_by": card.proven,
            "description": card.description,
        }
        for card in catalogue.models.values()
    ]


def _terms(card: ModelCard) -> dict[str, str]:
    """Environment, licence, gate and state of the service; a dash where there is none."""
    given = card.settings
    if card.engine in LOCAL_ENGINES:
        settings = settings_of(LocalSettings, given, card.name)
        environment = settings.environments.get(card.engine, "-")
        licence = (settings.licence or "-") + (", gated" if settings.gated else "")
        return {"environment": environment, "licence": licence, "state": "-"}
    return {"environment": "-", "licence": "-", "state": str(given.get("state", "-"))}


def _tasks(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "full_name": card.full_name,
            "tier": card.tier,
            "answer": card.answer.value,
            "chance": None if card.chance is None else round(100 * card.chance, 2),
            "max_tokens": card.max_tokens,
        }
        for card in catalogue.tasks.values()
    ]


def _judges(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": card.name,
            "engine": card.engine,
            "the_paper's": "yes" if card.official else "no",
            "description": card.description,
        }
        for card in catalogue.judges.values()
    ]


def _question(options: Namespace, catalogue: Catalogue, task: str | None) -> Question:
    questions = load_benchmark(options.data, catalogue.tasks, options.clips).questions
    wanted = [q for q in questions if options.question in (None, q.qid) and task in (None, q.task)]
    if not wanted:
        what = f"question {options.question}" if options.question else "question"
        raise InputError(f"--data {options.data} has no {what}{f' of task {task}' if task else ''}")
    return wanted[0]


def _fields(card: TaskCard | ModelCard) -> dict[str, Any]:
    shared = {"name": card.name, "source": str(card.source), "version": card.version}
    if isinstance(card, ModelCard):
        looks = "yes" if card.needs_frames else "no"
        return {
            **shared,
            "engine": card.engine,
            "description": card.description,
            "looks at frames": looks,
            "settings": dict(card.settings),
        }
    more = {"full name": card.full_name, "tier": card.tier, "answer": card.answer.value, "metric": card.metric}
    if card.closed:
        return {**shared, **more, "options": ", ".join(card.options), "chance": card.chance}
    return {**shared, **more, "levels": ", ".join(card.levels), "rubric": str(rubric_path(card))}
