"""Whether the letter of an option decides: bias towards letters, and choices asked with their options rotated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, pstdev

from mabench_eval.runfiles import CircularScores, LetterScores
from mabench_eval.scoring.intervals import score_intervals
from mabench_eval.stats import percent
from mabench_eval.types import Outcome, Sample

Rotations = Mapping[int, Sample]
"""Rotation -> the sample of a question with its options so rotated; of m options there are m, from 0."""


def letter_scores(letters: Sequence[str], samples: Iterable[Sample]) -> tuple[dict[str, LetterScores], float | None]:
    """How often each letter is predicted and right, and how far it matters which one is right.

    Args:
        letters: That the task's options may have.
        samples: Of one choice task.

    Returns:
        Letter -> its shares; and RStd, the standard deviation of the recalls in points, the population's: 0 for a model
        that does not care for letters (Zheng et al. 2024, "Large Language Models Are Not Robust Multiple Choice
        Selectors", arXiv 2309.03882, section 2.2). Without references there are the predicted shares alone.
    """
    every = list(samples)
    graded = [sample for sample in every if sample.correct is not None]
    predicted = Counter(sample.prediction for sample in every if sample.prediction is not None)
    references = Counter(sample.reference for sample in graded)
    right = Counter(sample.reference for sample in graded if sample.correct)
    shares = {
        letter: LetterScores(
            predicted=percent(predicted[letter], predicted.total()),
            reference=percent(references[letter], references.total()),
            recall=percent(right[letter], references[letter]),
        )
        for letter in letters
    }
    recalls = [share.recall for share in shares.values() if share.recall is not None]
    return shares, pstdev(recalls) if len(recalls) > 1 else None


def circular_scores(letters: Sequence[str], samples: Sequence[Sample]) -> CircularScores:
    """Accuracy when a choice counts as right only if it is right under every rotation of its options.

    CircularEval of Liu et al. 2023, "MMBench" (arXiv 2307.06281). Who guesses uniformly, and anew each time, has all m
    rotations of m options right with a chance of (1/m)^m; who always says the same letter never has. Over all rotations
    every letter is right equally often.

    Args:
        letters: That the task's options may have, in order.
        samples: Of one choice task, each question asked once with each rotation.
    """
    questions: dict[str, dict[int, Sample]] = {}
    for sample in samples:
        questions.setdefault(sample.qid, {})[sample.rotation] = sample
    failed = {sample.qid for sample in samples if sample.outcome is Outcome.ERROR}
    complete = [rotations for qid, rotations in questions.items() if qid not in failed]

    intervals = score_intervals(_columns(complete))
    shares, rstd = letter_scores(letters, (sample for rotations in complete for sample in rotations.values()))
    return CircularScores(
        n=len(complete),
        total=len(questions),
        plain=intervals.get("plain"),
        circular=intervals.get("circular"),
        gap=intervals.get("gap"),
        by_rotation=_by_rotation(complete),
        consistent=percent(sum(_consistent(letters, rotations) for rotations in complete), len(complete)),
        chance=100 * fmean(len(rotations) ** -len(rotations) for rotations in complete) if complete else None,
        letters=shares,
        rstd=rstd,
    )


def _columns(questions: Iterable[Rotations]) -> dict[str, dict[str, tuple[str, float]]]:
    """Figure -> question -> (clip, 0 or 100), of questions with a reference."""
    columns: dict[str, dict[str, tuple[str, float]]] = {}
    for rotations in questions:
        first = rotations[0]
        if first.correct is not None:
            every = all(sample.correct for sample in rotations.values())
            for name, hit in (("plain", first.correct), ("circular", every), ("gap", first.correct and not every)):
                columns.setdefault(name, {})[first.qid] = (first.clip, 100.0 * hit)
    return columns


def _by_rotation(questions: Sequence[Rotations]) -> tuple[float | None, ...]:
    """The accuracy under each rotation, percent."""
    accuracies = []
    for rotation in range(max(map(len, questions), default=0)):
        grades = [rotations[rotation].correct for rotations in questions if rotation in rotations]
        graded = [grade for grade in grades if grade is not None]
        accuracies.append(percent(sum(graded), len(graded)))
    return tuple(accuracies)


def _consistent(letters: Sequence[str], rotations: Rotations) -> bool:
    """Whether each answer points to the option at the same place of the printed text."""
    places = {
        None if sample.prediction is None else (letters.index(sample.prediction) + rotation) % len(rotations)
        for rotation, sample in rotations.items()
    }
    return len(places) == 1 and None not in places
