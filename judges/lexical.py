"""The offline judge: both texts are read into facts, and a level's score is how far the facts agree.

Deterministic, free and without a model. It follows the scale of the rubrics, but knows only the words of
``mabench_eval.motion_language``; tables mark it as not the paper's judge.

An agreement x in [0, 1] becomes 5 from 0.9, 4 from 0.75, 3 from 0.55, 2 from 0.35, 1 from 0.15, else 0.

Every error is charged once, on its own level: before places and phases are compared, the answer's parts are matched to
the reference's (a wrong leading part costs MADU L1 and no more), and phases are compared after turning back an answer
that is left-right or up-down mirrored as a whole (which costs MADU L2 and no more).

| level | agreement |
|---|---|
| MADU L1 | weights over what the reference says: leading part 0.5, kinds of motion 0.25, other parts' roles 0.15, pace 0.1 |
| MADU L2 | F2 of (part, direction or place or side), leading parts twice, less half the share of contradicted facts |
| MADU L3 | F2 of (part, phase, fact), facts of a named phase (start, then, end) three times, plus turns (up before down) |
| MARE L1 | the coarse label: right 5; head-hand for head and the like 2; read from the fine label 1 less; else 0 |
| MARE L2 | the fine label: right 5, 4 if the observed directions contradict; same part 1, and same motion or target 2; else 0 |
| MARE L3 | F2 of the observations, times 0.6 + 0.2 (rules something out) + 0.2 (draws a conclusion); no observation: 0 |
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

from mabench_eval.labels import Labels, read_labels, without_labels
from mabench_eval.motion_language import LIMBS, OPPOSITES, Description, Part, read_description, speaks_of_movement
from mabench_eval.registry import register_judge
from mabench_eval.taxonomy import body_part
from mabench_eval.types import JudgeRequest, Judgment

THRESHOLDS = (0.15, 0.35, 0.55, 0.75, 0.9)
"""Lowest agreement for the scores 1 to 5."""


class Level(NamedTuple):
    """One level's score with its reason."""

    score: int
    """0-5."""
    reason: str
    """One line: what matched, what missed."""


@register_judge("lexical")
def lexical(request: JudgeRequest) -> Judgment:
    """Score one open answer (MADU or MARE) on the levels asked for."""
    judge = {"MADU": judge_description, "MARE": judge_reasoning}.get(request.task)
    if judge is None:
        return Judgment(request.key, error=f"the lexical judge scores MADU and MARE, not {request.task}")
    levels = judge(request.reference, request.answer)
    unknown = [level for level in request.levels if level not in levels]
    if unknown:
        return Judgment(request.key, error=f"the lexical judge has no level {', '.join(unknown)}")
    return Judgment(
        request.key,
        levels={level: levels[level].score for level in request.levels},
        reasons={level: levels[level].reason for level in request.levels},
    )


def judge_description(reference: str, answer: str) -> dict[str, Level]:
    """MADU: core action, space, time."""
    told, said = read_description(reference), read_description(answer)
    if not said.moves and told.moves:
        return dict.fromkeys(("L1", "L2", "L3"), Level(0, "the answer tells of no movement, the reference does"))
    core = _core(told, said)
    space = _space(told, said, core[0])
    time = _time(told, _unmirrored(told, said), core[0])
    return {
        name: Level(_score(x), reason)
        for name, (x, reason) in zip(("L1", "L2", "L3"), (core, space, time), strict=True)
    }


def judge_reasoning(reference: str, answer: str) -> dict[str, Level]:
    """MARE: coarse label, fine label, chain of reasons."""
    told, said = read_labels(reference), read_labels(answer)
    facts_told, facts_said = read_description(without_labels(reference)), read_description(without_labels(answer))
    return {
        "L1": _coarse(told, said, facts_told, facts_said),
        "L2": _fine(told, said, facts_told, facts_said),
        "L3": _chain(reference, answer, facts_told, facts_said),
    }


# -- MADU ------------------------------------------------------------------------------------------------------------


def _core(told: Description, said: Description) -> tuple[float, str]:
    """Which part leads, what it does, how often, and which parts follow or keep still; sides belong to space."""
    leads = _same_parts(told.leads, said.leads)
    parts = [(0.5, leads, "leading part"), (0.25, _overlap(_motions(told), _motions(said)), "motion")]
    parts += [(0.15, _overlap(_others(told), _others(said)), "other parts")]
    parts += [(0.1, _overlap(_pace(told), _pace(said)), "pace")]
    present = [(weight, value, name) for weight, value, name in parts if value is not None]
    total = sum(weight for weight, _, _ in present)
    x = sum(weight * value for weight, value, _ in present) / total if total else 1.0
    names = ", ".join(f"{name} {value:.2f}" for _, value, name in present)
    return x, f"agreement: {names}; leads in the answer: {_list(part.name for part in said.leads)}"


def _same_parts(told: Iterable[Part], said: Iterable[Part]) -> float | None:
    """F1 of two sets of parts without sides; another part of the same limb counts half."""
    ours, theirs = {part.name for part in told}, {part.name for part in said}
    if not ours:
        return None
    if not theirs:
        return 0.0
    recall = sum(max(_kinship(a, b) for b in theirs) for a in ours) / len(ours)
    precision = sum(max(_kinship(a, b) for a in ours) for b in theirs) / len(theirs)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _kinship(one: str, other: str) -> float:
    if one == other:
        return 1.0
    return 0.5 if one in LIMBS and LIMBS[one] == LIMBS.get(other) else 0.0


def _motions(text: Description) -> set[Hashable]:
    leads = {part.name for part in text.leads}
    kinds = ("motion", "touch")
    return {f.value for f in text.facts if f.kind in kinds and f.part.name in leads and not f.value.endswith("move")}


def _pace(text: Description) -> set[Hashable]:
    return {fact.value for fact in text.facts if fact.kind == "pace"}


def _others(text: Description) -> set[Hashable]:
    leads = {part.name for part in text.leads}
    return {
        (LIMBS.get(part.name, part.name), role)
        for part, role in text.roles
        if role != "lead" and part.name not in leads
    }


def _space(told: Description, said: Description, core: float) -> tuple[float, str]:
    """Directions, places and sides, each bound to its part."""
    leads, same = told.leads, _matching(told, said)
    ours, theirs = _spatial(told, {}, leads), _spatial(said, same, leads)
    if not ours:
        return core, "the reference tells nothing of space; scored as the core action"
    against = [key for key in ours if key not in theirs and (key[0], OPPOSITES.get(key[1], "")) in theirs]
    share = sum(ours[key] for key in against) / sum(ours.values())
    missing = [f"{part.name} {value}" for part, value in ours if (part, value) not in theirs]
    reason = f"{len(ours) - len(missing)} of {len(ours)} facts of space, {len(against)} contradicted; missing: {_list(missing)}"
    return max(0.0, _f2(ours, theirs) - 0.5 * share), reason


def _spatial(text: Description, same: Mapping[Part, Part], leads: frozenset[Part]) -> dict[tuple[Part, str], float]:
    """(part, value) -> weight. ``same`` renames parts; a side is a fact of its own, told of the part as renamed."""
    found: dict[tuple[Part, str], float] = {}
    for fact in text.facts:
        part = same.get(fact.part, fact.part)
        weight = 2.0 if part in leads else 1.0
        if fact.kind in ("direction", "place", "touch"):
            found[part, fact.value] = weight
        if fact.part.side and fact.part.name != "others":
            found[part, f"{fact.part.side} one"] = weight
    return found


def _time(told: Description, said: Description, core: float) -> tuple[float, str]:
    """What happens in which phase, which way round turns go, and pace."""
    same = _matching(told, said)
    ours, theirs = _phases(told, {}), _phases(said, same)
    if not ours:
        return core, "the reference tells nothing of time; scored as the core action"
    missing = [" ".join(str(word) for word in key[1:]) for key in ours if key not in theirs]
    reason = f"{len(ours) - len(missing)} of {len(ours)} facts of time; missing: {_list(missing)}"
    return _f2(ours, theirs), reason


def _phases(text: Description, same: Mapping[Part, Part]) -> dict[tuple[Hashable, ...], float]:
    found: dict[tuple[Hashable, ...], float] = {}
    seen: dict[Part, list[str]] = {}
    for fact in sorted(text.facts, key=lambda fact: ("start", "change", "then", "end").index(fact.phase)):
        part = same.get(fact.part, fact.part)
        if fact.kind == "pace":
            found["pace", fact.value] = 1.0
            continue
        found[part, fact.phase, fact.value] = 1.0 if fact.phase == "change" else 3.0
        turned = OPPOSITES.get(fact.value)
        if turned in seen.setdefault(part, []):
            found[part, turned, "before", fact.value] = 3.0
        seen[part].append(fact.value)
    return found


def _unmirrored(told: Description, said: Description) -> Description:
    """The answer, or the mirror image of it that fits the reference's space best."""

    def fit(candidate: Description) -> float:
        return _f2(_spatial(told, {}, told.leads), _spatial(candidate, _matching(told, candidate), told.leads))

    images = [said.mirrored(*flips) for flips in product((False, True), repeat=2)]
    return max(images, key=fit)  # the first, unmirrored one where nothing is gained


def _matching(told: Description, said: Description) -> dict[Part, Part]:
    """Part of the answer -> part of the reference it stands for, the most alike first, each taken once if it can be."""
    ours, names = _parts(told), _stand_ins(told, said)
    meant = {part: replace(part, name=names.get(part.name, part.name)) for part in _parts(said)}
    pairs = sorted(
        ((_likeness(a, meant[b]), b in said.leads and a in told.leads, a, b) for a in ours for b in meant),
        key=lambda pair: (-pair[0], not pair[1], pair[2], pair[3]),
    )
    same: dict[Part, Part] = {}
    for spare in (False, True):  # first one to one, then what is left over to whatever it is most like
        for likeness, _, a, b in pairs:
            if likeness > 0 and b not in same and (spare or a not in same.values()):
                same[b] = a
    return same


def _stand_ins(told: Description, said: Description) -> dict[str, str]:
    """Name -> name: a leading part of the answer that the reference never names stands for the one it leaves out."""
    ours, theirs = ({part.name for part in _parts(text)} for text in (told, said))
    wrong = sorted({part.name for part in said.leads} - ours)
    left_out = sorted({part.name for part in told.leads}, key=lambda name: (name in theirs, name))
    return dict(zip(wrong, left_out, strict=False))


def _parts(text: Description) -> set[Part]:
    return {fact.part for fact in text.facts} | {part for part, _ in text.roles}


def _likeness(one: Part, other: Part) -> float:
    """2 for the same part, 1 for the same limb, and up to 1 for the side; 0 for different limbs."""
    kinship = 2 * _kinship(one.name, other.name)
    if not kinship:
        return 0.0
    return kinship + (1.0 if one.side == other.side else 0.5 if not (one.side and other.side) else 0.0)


# -- MARE ------------------------------------------------------------------------------------------------------------

_EXCLUDES = re.compile(
    r"\b(?:no|not|without|rather than|instead of|unlike|distinct from|distinguish\w*|exclud\w*|rul\w+ out|absence|lack"
    r"|minimal|negligible|does not|do not|conflict\w*|contradict\w*)\b", re.I)  # fmt: skip
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|because|since|indicat\w*|support\w*|consistent with|align\w*|infer\w*|conclu\w*|suggest\w*"
    r"|correspond\w*|lead\w* to|confirm\w*|so)\b", re.I)  # fmt: skip
_REGIONS: Mapping[str, frozenset[str]] = {
    "Body": frozenset({"torso"}), "Head": frozenset({"head"}), "Upper limb": frozenset({"arm"}),
    "Lower limb": frozenset({"leg"}), "Body-hand": frozenset({"torso", "arm"}), "Head-hand": frozenset({"head", "arm"}),
    "Leg-hand": frozenset({"leg", "arm"}),
}  # fmt: skip


def _coarse(told: Labels, said: Labels, facts_told: Description, facts_said: Description) -> Level:
    right = told.coarse or body_part(told.fine or "")
    if right is None:
        x = _same_parts(facts_told.leads, facts_said.leads)
        return Level(_score(1.0 if x is None else x), "the reference names no coarse label; scored by the leading part")
    if said.coarse == right:
        return Level(5, f"coarse label {right}: right")
    if said.coarse is not None:
        near = bool(_REGIONS[right] & _REGIONS[said.coarse])
        return Level(2 * near, f"coarse label {said.coarse}, not {right}{': shares a part with it' * near}")
    if body_part(said.fine or "") == right:
        return Level(4, f"coarse label {right}: only implied by the fine label")
    region = bool({LIMBS.get(part.name) for part in facts_said.leads} & _REGIONS[right])
    return Level(
        int(region), f"no coarse label, {right} expected; the leading part {'fits' if region else 'does not fit'}"
    )


def _fine(told: Labels, said: Labels, facts_told: Description, facts_said: Description) -> Level:
    right = told.fine
    if right is None:
        x = _overlap(_motions(facts_told), _motions(facts_said))
        return Level(
            _score(1.0 if x is None else x), "the reference names no fine label; scored by the kinds of motion"
        )
    if said.fine == right:
        against = _contradicts(facts_told, facts_said)
        return Level(5 - against, f"fine label {right}: right{', directions contradict' * against}")
    if said.fine is None:
        motion = (_overlap(_motions(facts_told), _motions(facts_said)) or 0.0) >= 0.5
        return Level(
            int(motion), f"no fine label, {right} expected; kinds of motion {'fit' if motion else 'do not fit'}"
        )
    same_part = body_part(said.fine) == body_part(right)
    same_word = bool(_stems(said.fine) & _stems(right))
    return Level(same_part + (same_part and same_word), f"fine label {said.fine}, not {right}")


def _stems(label: str) -> set[str]:
    return {word[:5] for word in label.lower().split() if word not in ("or", "other")}


def _contradicts(told: Description, said: Description) -> bool:
    """Whether the leading parts' directions are against the reference more often than with it."""
    leads, same = told.leads, _matching(told, said)
    ours = {key for key, weight in _spatial(told, {}, leads).items() if weight > 1 and key[1] in OPPOSITES}
    theirs = _spatial(said, same, leads)
    against = sum((part, OPPOSITES[value]) in theirs and (part, value) not in theirs for part, value in ours)
    return against > sum(key in theirs for key in ours)


def _chain(reference: str, answer: str, facts_told: Description, facts_said: Description) -> Level:
    """Observations, exclusion, conclusion; the labels' own words are no observations."""
    ours, theirs = _observed(facts_told, {}), _observed(facts_said, _matching(facts_told, facts_said))
    if not theirs:
        return Level(0, "no observation is given")
    same = _f2(ours, theirs) if ours else 1.0
    excludes = not _argues(_EXCLUDES, reference) or _argues(_EXCLUDES, answer)
    concludes = not _argues(_CONCLUDES, reference) or _argues(_CONCLUDES, answer)
    met = sum(key in theirs for key in ours)
    reason = (
        f"{met} of {len(ours)} observations; {'rules others out' if excludes else 'rules nothing out'}; "
        f"{'draws a conclusion' if concludes else 'draws no conclusion'}"
    )
    return Level(_score(same * (0.6 + 0.2 * excludes + 0.2 * concludes)), reason)


def _observed(text: Description, same: Mapping[Part, Part]) -> dict[Hashable, float]:
    facts: dict[Hashable, float] = {
        (same.get(f.part, f.part), f.value): 1.0 for f in text.facts if not f.value.endswith("move")
    }
    return facts | {(same.get(part, part), role): 1.0 for part, role in text.roles}


def _argues(cue: re.Pattern[str], text: str) -> bool:
    """Whether a clause that speaks of the body holds such a cue; an instruction to the judge holds none."""
    return any(cue.search(clause) and speaks_of_movement(clause) for clause in re.split(r"[,;.\n]", text))


# -- agreement -------------------------------------------------------------------------------------------------------


def _overlap(ours: set[Hashable], theirs: set[Hashable]) -> float | None:
    """F2 of two sets; None when the reference's is empty."""
    return _f2(dict.fromkeys(ours, 1.0), dict.fromkeys(theirs, 1.0)) if ours else None


def _f2(ours: Mapping[Any, float], theirs: Mapping[Any, float]) -> float:
    """Weighted F-measure with recall counted twice: what the answer leaves out costs more than what it adds."""
    recall = sum(weight for key, weight in ours.items() if key in theirs) / (sum(ours.values()) or 1.0)
    precision = sum(weight for key, weight in theirs.items() if key in ours) / (sum(theirs.values()) or 1.0)
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


def _score(x: float) -> int:
    return sum(x >= threshold for threshold in THRESHOLDS)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"
