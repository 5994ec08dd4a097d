"""Prompts: a task's card and a question make the words a model reads. Media come first, the question last."""

from __future__ import annotations

from mabench_eval.catalogue import TaskCard
from mabench_eval.types import Question, Request

QUESTION = "{question}"


def user_prompt(task: TaskCard, question: Question) -> str:
    """The user message that follows the media."""
    return task.user_prompt.replace(QUESTION, question.text)  # not str.format: a question may hold braces


def one_text(request: Request) -> str:
    """System and user prompt as one text, for models without roles."""
    return f"{request.system_prompt}\n\n{request.user_prompt}"
