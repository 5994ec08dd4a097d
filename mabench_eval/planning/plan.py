"""The plan of a run: what is asked, clip by clip, and the key of each answer."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.planning.prompts import user_prompt
from mabench_eval.planning.shots import NO_SHOTS, Examples
from mabench_eval.types import Clip, Json, Question, Request, Shot, Variant


def parse_shard(text: str) -> tuple[int, int]:
    """``3/8`` as (3, 8). Raises InputError."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    i, n = map(int, match.groups()) if match else (0, 0)
    if not 1 <= i <= n:
        raise InputError(f"--shard {text}: expected i/n with 1 <= i <= n, e.g. 3/8")
    return i, n


def clips_in_scope(names: Sequence[str], limit: int | None, shard: tuple[int, int] | None) -> tuple[str, ...]:
    """The first ``limit`` clips, and of those, for a shard (i, n), every n-th from the i-th on: whole clips."""
    first = names[:limit]
    return tuple(first if shard is None else first[shard[0] - 1 :: shard[1]])


NO_KEY = "clip not known"
"""In place of the key of a question whose clip is not there: no answer has it."""


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """A clip and the requests on it that no clip before it has."""

    clip: Clip
    requests: tuple[Request, ...]

    @property
    def name(self) -> str:
        """Of the clip."""
        return self.clip.name

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the requests."""
        return tuple(request.key for request in self.requests)

    def only(self, keys: Container[str]) -> PlannedClip:
        """The clip with the requests of those keys."""
        return replace(self, requests=tuple(request for request in self.requests if request.key in keys))

    def without(self, key: str) -> PlannedClip:
        """The clip with the other requests."""
        return replace(self, requests=tuple(request for request in self.requests if request.key != key))


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run asks."""

    clips: tuple[PlannedClip, ...]
    questions: tuple[Question, ...]
    """The questions in scope, in the benchmark's order, each in all the ways it is asked."""
    keys: Mapping[Variant, str]
    """Question -> key of its answer. Questions that are word for word the same on the same bytes share one; those on
    a clip that is not known have ``NO_KEY``."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests, clip by clip."""
        return tuple(request for planned in self.clips for request in planned.requests)

    def asked_on(self, clips: Container[str]) -> tuple[Request, ...]:
        """The requests that a plan of these clips alone would have, clip by clip."""
        requests = {request.key: request for request in self.requests}
        questions = [question for question in self.questions if question.clip in clips]
        return tuple(requests[key] for keys in _asked(questions, self.keys).values() for key in keys)


def make_plan(
    questions: Sequence[Question],
    tasks: Sequence[TaskCard],
    clips: Mapping[str, Clip],
    base: Json,
    examples: Examples = NO_SHOTS,
) -> Plan:
    """Plan the questions clip by clip, clips in order of first appearance.

    ``base`` is what all answers of the run depend on alike: model identity, frame sampling, seed, repeat 0. With the
    repeat, the prompt and the clip it makes the key of each answer. ``examples`` are put before the questions.
    Questions on a clip that is not among ``clips`` are not asked.
    """
    cards = {task.name: task for task in tasks}
    base_keys = {
        number: fingerprint({**base, "repeat": number} if number else base)
        for number in {question.repeat for question in questions}
    }

    requests: dict[str, Request] = {}
    keys = {}
    for question in questions:
        if question.clip not in clips:
            keys[question.variant] = NO_KEY
            continue
        shots = examples.of(question)
        request = _request(question, cards[question.task], clips[question.clip], base_keys[question.repeat], shots)
        requests.setdefault(request.key, request)
        keys[question.variant] = request.key
    planned = (
        PlannedClip(clips[name], tuple(requests[key] for key in asked))
        for name, asked in _asked(questions, keys).items()
    )
    return Plan(tuple(planned), tuple(questions), keys)


def _asked(questions: Sequence[Question], keys: Mapping[Variant, str]) -> dict[str, list[str]]:
    """Clip -> what is asked on it, in the order of questions: each key once, on the first clip that has it."""
    asked: dict[str, list[str]] = {}
    known = {NO_KEY}
    for question in questions:
        key = keys[question.variant]
        if key not in known:
            known.add(key)
            asked.setdefault(question.clip, []).append(key)
    return asked


def _request(question: Question, task: TaskCard, clip: Clip, base_key: str, shots: tuple[Shot, ...]) -> Request:
    prompt = user_prompt(task, question)
    examples = [[shot.question, shot.answer, shot.clip and shot.clip.identity] for shot in shots]
    key = fingerprint(
        {
            **({"shots": examples} if shots else {}),
            "base": base_key,
            "clip": clip.identity,
            "system": task.system_prompt,
            "user": prompt,
            "max_tokens": task.max_tokens,
        }
    )
    return Request(
        key,
        question.qid,
        task.name,
        task.answer,
        question.options,
        task.system_prompt,
        prompt,
        task.max_tokens,
        question.text,
        shots,
        repeat=question.repeat,
    )
