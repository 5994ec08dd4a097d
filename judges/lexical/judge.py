"""The offline judge: both texts are read into facts, and a level's score is how far the facts agree.

Deterministic, free and without a model. It follows the scale of the rubrics ``madu.md`` and ``mare.md`` as far as word
lists can (``words``); it is not the paper's judge, and no substitute for it.

An agreement x in [0, 1] scores 5 from 0.9, 4 from 0.75, 3 from 0.6, 2 from 0.35, 1 from 0.15, and 0 below.

- MADU: an answer in which nothing moves is 0 on all levels. Else L1 is the agreement on the core action, L2 in space,
  L3 in time; formulas in ``agreement``.
- MARE L1, coarse label: right 5; right by the fine label alone 4; another that shares a part (head for head-hand) 2;
  none, with a leading part that fits, 1; else 0.
- MARE L2, fine label: right 5, or 4 if the leading part's directions contradict; another of the same body part 1, or 2
  if they also share a word (the same motion or target); none, with the right kind of motion, 1; else 0.
- MARE L3, chain: agreement of the observations, the labels' own words left out, times 0.6 + 0.2 if something is ruled
  out + 0.2 if a conclusion is drawn (each granted where the reference lacks it). No observation: 0.

Where a reference names no label, L1 is scored by the leading part and L2 by the kinds of motion.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import NamedTuple

from mabench_eval import JudgeRequest, Judgment, Labels, body_part, read_labels, register_judge, without_labels

from .agreement import (
    Agreement,
    contradicted,
    core_agreement,
    lead_motions,
    matching,
    observation_agreement,
    overlap,
    same_parts,
    space_agreement,
    spatial_facts,
    time_agreement,
)
from .facts import Description, read_description, speaks_of_movement
from .words import LIMBS, OPPOSITES

THRESHOLDS = (0.15, 0.35, 0.6, 0.75, 0.9)
"""Lowest agreement for the scores 1 to 5."""
_ROUNDING = 1e-9
"""0.3 + 0.15 + 0.1 is a little less than 0.55 in floating point; that must not cost a point."""


class Level(NamedTuple):
    """One level's score with its reason."""

    score: int
    """0-5."""
    reason: str
    """One line: what matched, what is missing."""


class Reading(NamedTuple):
    """What a MARE text says."""

    text: str
    labels: Labels
    description: Description
    """Of the text without its labels."""


@register_judge("lexical")
def lexical(request: JudgeRequest) -> Judgment:
    """Score one open answer (MADU or MARE) on the levels asked for."""
    judge = {"MADU": judge_description, "MARE": judge_reasoning}.get(request.task)
    if judge is None:
        return Judgment(request.key, error=f"the lexical judge scores MADU and MARE, not {request.task}")

    levels = judge(request.reference, request.answer)
    unknown = [level for level in request.levels if level not in levels]
    if unknown:
        return Judgment(request.key, error=f"the lexical judge knows no level {', '.join(unknown)}")
    return Judgment(
        request.key,
        levels={level: levels[level].score for level in request.levels},
        reasons={level: levels[level].reason for level in request.levels},
    )


def judge_description(reference: str, answer: str) -> dict[str, Level]:
    """MADU: core action, space, time."""
    expected, given = read_description(reference), read_description(answer)
    if expected.moves and not given.moves:
        return dict.fromkeys(("L1", "L2", "L3"), Level(0, "the answer tells of no movement, the reference does"))
    return {
        "L1": _scored(core_agreement(expected, given)),
        "L2": _scored(space_agreement(expected, given)),
        "L3": _scored(time_agreement(expected, given)),
    }


def judge_reasoning(reference: str, answer: str) -> dict[str, Level]:
    """MARE: coarse label, fine label, chain of reasons."""
    expected, given = (
        Reading(text, read_labels(text), read_description(without_labels(text))) for text in (reference, answer)
    )
    return {"L1": _coarse(expected, given), "L2": _fine(expected, given), "L3": _chain(expected, given)}


_REGIONS = MappingProxyType(
    {
        "Body": frozenset({"torso"}),
        "Head": frozenset({"head"}),
        "Upper limb": frozenset({"arm"}),
        "Lower limb": frozenset({"leg"}),
        "Body-hand": frozenset({"torso", "arm"}),
        "Head-hand": frozenset({"head", "arm"}),
        "Leg-hand": frozenset({"leg", "arm"}),
    }
)
"""Coarse label -> regions of the body that take part."""


def _coarse(expected: Reading, given: Reading) -> Level:
    leads = given.description.leads
    right = expected.labels.coarse or body_part(expected.labels.fine or "")
    if right is None:
        agreement = same_parts(expected.description.leads, leads)
        return _unlabelled(agreement, "coarse label; scored by the leading part")

    named = given.labels.coarse
    if named == right:
        return Level(5, f"coarse label {right}: right")
    if named is not None:
        shared = bool(_REGIONS[right] & _REGIONS[named])
        return Level(2 * shared, f"coarse label {named}, not {right}{', shares a part' * shared}")

    if body_part(given.labels.fine or "") == right:
        return Level(4, f"coarse label {right}: only implied by the fine label")
    fits = bool({LIMBS.get(part.name) for part in leads} & _REGIONS[right])
    return Level(int(fits), f"no coarse label, not {right}; the leading part {'fits' if fits else 'does not fit'}")


def _fine(expected: Reading, given: Reading) -> Level:
    right, named = expected.labels.fine, given.labels.fine
    motion = overlap(lead_motions(expected.description), lead_motions(given.description))
    if right is None:
        return _unlabelled(motion, "fine label; scored by the kinds of motion")

    if named == right:
        against = _contradicts(expected.description, given.description)
        return Level(5 - against, f"fine label {right}: right{', but the directions contradict' * against}")
    if named is None:
        fits = (motion or 0.0) >= 0.5
        return Level(int(fits), f"no fine label, not {right}; the motion {'fits' if fits else 'does not fit'}")

    neighbour = body_part(named) == body_part(right)
    near = neighbour and bool(_stems(named) & _stems(right))
    return Level(neighbour + near, f"fine label {named}, not {right}{', of the same body part' * neighbour}")


def _unlabelled(agreement: float | None, what: str) -> Level:
    return _scored(Agreement(1.0 if agreement is None else agreement, f"the reference names no {what}"))


def _stems(label: str) -> set[str]:
    return {word[:5] for word in label.lower().split() if word not in ("or", "other")}


def _contradicts(expected: Description, given: Description) -> bool:
    """Whether the leading parts' directions are against the reference more often than with it."""
    facts = spatial_facts(given, matching(expected, given), expected.leads)
    directions = [
        (part, value)
        for part, value in spatial_facts(expected, {}, expected.leads)
        if part in expected.leads and value in OPPOSITES and value != "touch"
    ]
    return len(contradicted(directions, facts)) > sum(key in facts for key in directions)


_RULES_OUT = re.compile(
    r"\b(?:no|not|without|rather than|instead of|unlike|distinct from|distinguish\w*|exclud\w*|rul\w+ out|absence|lack"
    r"|minimal|negligible|hardly|barely|little|conflict\w*|contradict\w*)\b",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|because|since|so|indicat\w*|support\w*|consistent with|align\w*|infer\w*|conclu\w*"
    r"|suggest\w*|correspond\w*|lead\w* to|confirm\w*|in line with|backed|evidence|evident\w*)\b",
    re.IGNORECASE,
)


def _chain(expected: Reading, given: Reading) -> Level:
    value, observed = observation_agreement(expected.description, given.description)
    rules_out = not _argues(_RULES_OUT, expected.text) or _argues(_RULES_OUT, given.text)
    concludes = not _argues(_CONCLUDES, expected.text) or _argues(_CONCLUDES, given.text)
    argued = (
        f"{'rules' if rules_out else 'does not rule'} others out, {'concludes' if concludes else 'does not conclude'}"
    )
    return _scored(Agreement(value * (0.6 + 0.2 * rules_out + 0.2 * concludes), f"{observed}; {argued}"))


def _argues(cue: re.Pattern[str], text: str) -> bool:
    """Whether a clause about the body holds such a cue: an instruction to the judge holds none."""
    return any(cue.search(clause) and speaks_of_movement(clause) for clause in re.split(r"[,;.\n]", text))


def _scored(agreement: Agreement) -> Level:
    return Level(sum(agreement.value + _ROUNDING >= threshold for threshold in THRESHOLDS), agreement.reason)
