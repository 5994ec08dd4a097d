"""Prompts: what a model reads, from a task's card and a question. Media come first, the question last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.parsing import read_json, read_yaml
from mabench_eval.types import Question

QUESTION = "{question}"
FIELDS: Mapping[str, type[Any]] = {"system_prompt": str, "user_prompt": str, "max_tokens": int}
"""What a prompts file may set for a task, and its type."""


def user_prompt(task: TaskCard, question: Question) -> str:
    """The user message that follows the media."""
    return task.user_prompt.replace(QUESTION, question.text)  # not str.format: a question may hold braces


def official_layout(task: TaskCard) -> TaskCard:
    """The task as the challenge's official runner asks it: all instructions in the system message, the question bare.

    The library's own layout puts a task's instructions after the frames, so that all questions on a clip begin alike,
    with system message and frames: engines and providers then process the frames once per clip.
    """
    instructions = task.user_prompt.replace(QUESTION, "").strip()
    system = "\n\n".join(filter(None, [task.system_prompt, instructions]))
    return replace(task, system_prompt=system, user_prompt=QUESTION)


def with_prompts(tasks: Mapping[str, TaskCard], file: Path) -> dict[str, TaskCard]:
    """The tasks with the prompts of a file: YAML or JSON, task -> ``system_prompt``, ``user_prompt``, ``max_tokens``.

    A task that the file leaves out stays as it is, and so does a token limit. A plain text is the system prompt. With a
    system prompt alone the user message is the bare question: nothing of the library's own prompt remains.
    Raises InputError with all problems of the file.
    """
    problems: list[str] = []
    changed = dict(tasks)
    for name, given in _read(file).items():
        task = next((task for task in tasks.values() if task.name.casefold() == str(name).casefold()), None)
        if task is None:
            problems.append(f"no task {name!r}{did_you_mean(str(name), dict(tasks))}; tasks are {', '.join(tasks)}")
            continue

        fields = {"system_prompt": given} if isinstance(given, str) else given
        problems += [f"{task.name}: {problem}" for problem in _problems(fields)]
        if not problems:
            bare = {"user_prompt": QUESTION} if "system_prompt" in fields else {}
            changed[task.name] = replace(task, **{**bare, **fields})

    if problems:
        raise InputError(f"prompts file {file} cannot be used", problems=problems)
    return changed


def _read(file: Path) -> dict[Any, Any]:
    try:
        # JSON is YAML too, but for the halves that its escapes write emoji in.
        content = read_json(file) if file.suffix.casefold() == ".json" else read_yaml(file).value
    except OSError as error:
        raise InputError(f"cannot read prompts file {file}: {error.strerror or error}") from error
    if not isinstance(content, dict) or not content:
        raise InputError(f"prompts file {file}: expected `task: system prompt` pairs")
    return content


def _problems(fields: Any) -> list[str]:
    if not isinstance(fields, dict):
        return [f"expected a text or the fields {', '.join(FIELDS)}, found {type(fields).__name__}"]
    problems = []
    for key, value in fields.items():
        if key not in FIELDS:
            suggestion = did_you_mean(str(key), list(FIELDS))
            problems.append(f"unknown field {key!r}{suggestion}; fields are {', '.join(FIELDS)}")
        elif type(value) is not FIELDS[key]:
            problems.append(f"{key} must be {FIELDS[key].__name__}, found {value!r}")
        elif key == "user_prompt" and value.count(QUESTION) != 1:
            problems.append(f"user_prompt must hold {QUESTION} once: it stands for the question as printed")
        elif key == "max_tokens" and value < 1:
            problems.append("max_tokens must be at least 1")
    return problems
