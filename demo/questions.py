"""The twelve questions of each clip, in the official labelled form, with the answers that the ground truth gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from demo.motions import CLIPS, Clip
from demo.truth import CLEAR, PHASES, STILL, Track, approach, limb, tracks
from demo.words import description, reasoning
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS, body_part

Row = dict[str, str]
Candidate = tuple[str, str, str]
"""Template, question, answer."""

OPPOSITE = {"upward": "downward", "downward": "upward", "leftward": "rightward", "rightward": "leftward"}
APART = 0.3
"""Two movements that start so many seconds apart clearly start one after the other."""
LARGER = 1.8
"""An amplitude so many times another is clearly larger."""


def write_questions() -> list[Row]:
    """All rows, shuffled. The same on every call."""
    lot = np.random.default_rng(52)
    wanted = {task: _balanced(("Yes", "No"), 2 * len(CLIPS), lot) for task in ("SAD", "MAD", "MAS", "PPR")}
    letters = {"CMAR": _balanced("ABCDEFG", len(CLIPS), lot), "FMAR": _balanced("ABCDE", len(CLIPS), lot)}
    rows = []
    for number, clip in enumerate(CLIPS):
        found = tracks(clip, breath_of(number))
        rows += _choices(number, clip, {task: given[number] for task, given in letters.items()}, lot)
        for task, candidates in (("SAD", single), ("MAD", multiple), ("MAS", order), ("PPR", proximity)):
            answers = wanted[task][2 * number : 2 * number + 2]
            picked = _pick(list(candidates(found)), answers, lot)
            rows += [_row(number, task, 2 * number + i, text, answer) for i, (text, answer) in enumerate(picked)]
        rows.append(_row(number, "MADU", number, _MADU[number % len(_MADU)], description(found)))
        rows.append(_row(number, "MARE", number, _MARE[number % len(_MARE)], reasoning(clip.action, found, number)))
    return [rows[place] for place in lot.permutation(len(rows))]


def clip_name(number: int) -> str:
    """File name without suffix; it says nothing of the action."""
    return f"demo_{number + 1:02d}"


def breath_of(number: int) -> float:
    """Where in its breath the n-th clip begins."""
    return 0.37 * number


def single(found: Mapping[str, Track]) -> Iterator[Candidate]:
    """SAD: direction, repetition, stillness of one part."""
    for name, track in found.items():
        for phase in PHASES:
            if direction := track.direction(phase):
                text = f"In the {phase} phase, does the {name.lower()} move primarily {{}}?"
                yield "direction", text.format(direction), "Yes"
                yield "direction", text.format(OPPOSITE[direction]), "No"
        if track.amplitude >= CLEAR and (track.reversals >= 4 or track.reversals <= 1):
            text = f"Does the {name.lower()} move back and forth repeatedly?"
            yield "repetition", text, "Yes" if track.reversals >= 4 else "No"
        if track.amplitude <= STILL or track.amplitude >= 2 * CLEAR:
            text = f"Does the {name.lower()} stay almost still throughout the clip?"
            yield "stillness", text, "Yes" if track.amplitude <= STILL else "No"


def multiple(found: Mapping[str, Track]) -> Iterator[Candidate]:
    """MAD: what two parts do at the same time, and which of them moves more."""
    for a, b in _pairs(found):
        for phase in PHASES:
            first, second = found[a].direction(phase), found[b].direction(phase)
            if first and second:
                text = f"In the {phase} phase, while the {a.lower()} moves {first}, does the {b.lower()} move {{}}?"
                yield "together", text.format(second), "Yes"
                yield "together", text.format(OPPOSITE[second]), "No"
        if found[a].amplitude >= max(CLEAR, LARGER * found[b].amplitude):
            yield "amplitude", f"Does the {a.lower()} show a larger movement than the {b.lower()}?", "Yes"
            yield "amplitude", f"Does the {b.lower()} show a larger movement than the {a.lower()}?", "No"


def order(found: Mapping[str, Track]) -> Iterator[Candidate]:
    """MAS: which of two parts starts first."""
    moving = {name: track for name, track in found.items() if track.amplitude >= CLEAR}
    for a, b in _pairs(moving):
        if moving[a].start + APART <= moving[b].start:
            for text in _MAS:
                yield text, text.format(a.lower(), b.lower()), "Yes"
                yield text, text.format(b.lower(), a.lower()), "No"


def proximity(found: Mapping[str, Track]) -> Iterator[Candidate]:
    """PPR: whether two parts come closer or move apart in a phase."""
    for a, b in _pairs(found):
        for phase in PHASES:
            closer = approach(found[a], found[b], phase)
            if abs(closer) >= 2 * CLEAR:
                text = f"In the {phase} phase of the video, does the {a} {{}} the {b}?"
                yield "approach", text.format("noticeably approach"), "Yes" if closer > 0 else "No"
                yield "apart", text.format("noticeably move away from"), "No" if closer > 0 else "Yes"


def _pairs(found: Mapping[str, Track]) -> Iterator[tuple[str, str]]:
    """Ordered pairs of parts of different limbs."""
    return ((a, b) for a, b in permutations(found, 2) if limb(a) != limb(b))


def _balanced(answers: Sequence[str], count: int, lot: np.random.Generator) -> list[str]:
    """Each answer equally often (as far as ``count`` allows), in random order."""
    repeated = [answers[place % len(answers)] for place in range(count)]
    lot.shuffle(repeated)
    return repeated


def _pick(candidates: Sequence[Candidate], answers: Sequence[str], lot: np.random.Generator) -> list[tuple[str, str]]:
    """A question for each wanted answer: first the kind is drawn, then the question, none twice."""
    picked: list[tuple[str, str]] = []
    for answer in answers:
        used = {text for text, _ in picked}
        fitting = [c for c in candidates if c[2] == answer and c[1] not in used]
        kind = lot.choice(sorted({template for template, _, _ in fitting}))
        texts = sorted({text for template, text, _ in fitting if template == kind})
        picked.append((str(lot.choice(texts)), answer))
    return picked


def _choices(number: int, clip: Clip, letters: Mapping[str, str], lot: np.random.Generator) -> list[Row]:
    """CMAR and FMAR: all parts; the action among two neighbours of its part and two others."""
    part = body_part(clip.action)
    near = sorted(a for a in MICRO_ACTIONS.values() if body_part(a) == part and a != clip.action)
    far = sorted(a for a in MICRO_ACTIONS.values() if body_part(a) != part)
    others = [str(a) for a in (*lot.choice(near, 2, replace=False), *lot.choice(far, 2, replace=False))]
    parts = [other for other in BODY_PARTS.values() if other != part]
    return [
        _choice(number, "CMAR", _CMAR[number % len(_CMAR)], str(part), parts, letters, lot),
        _choice(number, "FMAR", _FMAR[number % len(_FMAR)], clip.action, others, letters, lot),
    ]


def _choice(
    number: int,
    task: str,
    stem: str,
    right: str,
    wrong: Sequence[str],
    letters: Mapping[str, str],
    lot: np.random.Generator,
) -> Row:
    """The right option at its letter, the wrong ones around it in random order."""
    options = [wrong[place] for place in lot.permutation(len(wrong))]
    options.insert("ABCDEFG".index(letters[task]), right)
    lines = [f"{letter}. {option}" for letter, option in zip("ABCDEFG", options, strict=False)]
    return _row(number, task, number, "\n".join([stem, *lines]), letters[task])


def _row(number: int, task: str, place: int, question: str, answer: str) -> Row:
    qid = f"{task}_{place:04d}"
    return {"video": f"{clip_name(number)}.mp4", "task": task, "qid": qid, "question": question, "answer": answer}


_CMAR = (
    "Which body part, or which contact between body parts, does the micro-action in this clip belong to?",
    "Choose the coarse-grained category of the micro-action that the person makes.",
    "What is the body-level label of the movement in this video?",
)
_FMAR = (
    "Which micro-action does the person in this clip make?",
    "Choose the fine-grained category of the movement in this video.",
    "What is the action-level label of this clip?",
)
_MAS = (
    "Did the {} start to move before the {}?",
    "Was the movement of the {} ahead of that of the {}?",
)
_MADU = (
    "Describe how each part of the person's body moves in this clip.",
    "Give a detailed account of the movements in this video: which parts, where to, and in which order.",
)
_MARE = (
    "Reason from the movements in this clip to its coarse-grained and its fine-grained micro-action label.",
    "From what the person does in the video, work out step by step the body-level and the action-level label.",
)
