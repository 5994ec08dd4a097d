"""What came of verification: counts by task and reason, and how far the models get, with intervals by clip."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.construction.asking import Role, RoleCost
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification.models import MANNERS
from mabench_eval.construction.verification.rows import STATES, Verification
from mabench_eval.stats import cluster_table, estimate, proportion_interval
from mabench_eval.taxonomy import task_order


@dataclass(frozen=True, slots=True)
class Figure:
    """How often a model gives the question's answer."""

    asked: int
    """Questions that it was asked and that are not left out."""
    answered: int
    """Those to which it gave an answer."""
    agrees: float | None
    """Share of these whose answer it gave, 0-1; None: it answered none."""
    interval: tuple[float, float] | None
    """95 %, clustered by clip; None for fewer than two clips."""


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """What is said of the questions of a task. The three are all of them."""

    verified: int
    """Somebody who could see what is asked for agrees, and nobody rejects."""
    not_verified: int
    rejected: int


@dataclass(frozen=True, slots=True)
class RoleState:
    """A model that verifies, and where it stands."""

    name: str
    left: int
    """Calls for which there is no reply yet; what cannot be read is asked for once more."""
    most_usd: float | None
    """That those can cost at most; None: the price is not known."""
    spent: RoleCost


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Where a build stands when ``verify`` ends, or before it begins."""

    tasks: Mapping[str, TaskCounts]
    rejected: Mapping[str, Mapping[str, int]]
    """Reason -> task -> questions that are left out for it."""
    not_verified: Mapping[str, Mapping[str, int]]
    """Reason -> task -> questions that stay, of which the rules cannot say anything."""
    figures: Mapping[Role, Mapping[str, Figure]]
    """Role -> task -> how far its model gets; ``blind`` is what words alone give away."""
    models: Mapping[Role, RoleState]
    complete: bool
    """Whether nothing is left to ask, and ``verified.jsonl`` says so."""

    @property
    def questions(self) -> int:
        """All of them."""
        return sum(each.verified + each.not_verified + each.rejected for each in self.tasks.values())

    @property
    def left_out(self) -> int:
        """Those that are rejected."""
        return sum(each.rejected for each in self.tasks.values())


def make_report(
    questions: Sequence[BuiltQuestion],
    verifications: Iterable[Verification],
    models: Mapping[Role, RoleState],
    *,
    complete: bool,
) -> VerifyReport:
    """Count. ``verifications``: of the questions, in their order."""
    states: dict[str, Counter[str]] = defaultdict(Counter)
    rejected: dict[str, Counter[str]] = defaultdict(Counter)
    unverified: dict[str, Counter[str]] = defaultdict(Counter)
    scores: dict[Role, dict[str, _Scores]] = {role: defaultdict(_Scores) for role in models}
    for question, found in zip(questions, verifications, strict=True):
        states[question.task][found.state] += 1
        if found.rejected is not None:
            rejected[found.rejected][question.task] += 1
            continue
        rules = next((each for each in found.verdicts if each.manner == "rules"), None)
        if rules is not None and rules.finding == "not verified":
            unverified[rules.reason][question.task] += 1
        for role in models:
            for verdict in found.verdicts:
                if verdict.manner == MANNERS[role]:
                    scores[role][question.task].add(question.clip, verdict.finding)
    return VerifyReport(
        {task: TaskCounts(*(states[task][state] for state in STATES)) for task in sorted(states, key=task_order)},
        _by_task(rejected),
        _by_task(unverified),
        {role: {task: by[task].figure() for task in sorted(by, key=task_order)} for role, by in scores.items()},
        models,
        complete,
    )


def _by_task(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    """The most frequent reason first, the tasks in their order."""
    order = sorted(counts, key=lambda reason: (-counts[reason].total(), reason))
    return {reason: {task: counts[reason][task] for task in sorted(counts[reason], key=task_order)} for reason in order}


class _Scores:
    """Of one role and task, by clip."""

    def __init__(self) -> None:
        self.asked = 0
        self.clips: dict[str, list[float]] = defaultdict(list)

    def add(self, clip: str, finding: str) -> None:
        self.asked += 1
        if finding != "not verified":
            self.clips[clip].append(float(finding == "agrees"))

    def figure(self) -> Figure:
        answered = sum(map(len, self.clips.values()))
        if not answered:
            return Figure(self.asked, 0, None, None)
        estimates = estimate(cluster_table({"": self.clips}))
        share, error = float(estimates.values[0]), float(estimates.errors[0])
        interval = proportion_interval(share, error, answered, len(self.clips)) if len(self.clips) > 1 else None
        return Figure(self.asked, answered, share, interval)
