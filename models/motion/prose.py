"""Prose about measured motion: a description of what moves, and the reasons for a label."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from mabench_eval import SIDES, body_part

from .answers import amplitude
from .body import STEP, BodyMotion
from .claims import PHASES, WHOLE, Span
from .labels import action_scores, leader, manner, part_scores, together, zone_shares

SHOWN = ("head", "torso", "left hand", "right hand", "left lower leg", "right lower leg", "left foot", "right foot")
"""Parts that a description mentions besides the leading one."""
FOLLOWS = 0.15
"""A part follows when its energy is at least this share of the leading part's."""


def best_labels(body: BodyMotion) -> tuple[str, str]:
    """The most likely body part, and the most likely micro-action of it."""
    parts, actions = part_scores(body), action_scores(body)
    coarse = max(parts, key=lambda part: parts[part])
    return coarse, max((a for a in actions if body_part(a) == coarse), key=lambda action: actions[action])


def describe(body: BodyMotion) -> str:
    """What moves, where and in which order, in one paragraph; or that nothing does."""
    coarse = best_labels(body)[0]
    name = leader(coarse, body)
    if not body.parts[name].active.any():
        return "No part of the body moves measurably: the head, the torso and the limbs remain still from start to end."

    pair = _pair(name, body)
    start, end = _where(name, 0, body), _GOALS.get(coarse) or _where(name, -1, body)
    verb = "lead" if len(pair) > 1 else "leads"
    ending = f"ends {end}" if end != start else "settles there"
    return (
        f"The {_listed(pair)} {verb} with {_kind(name, body)}. The {name} starts {start}; {_course(name, body)}; "
        f"and finally {ending}. {_others(pair, body)}"
    )


def reason(body: BodyMotion) -> str:
    """What was measured, what that excludes, and the two labels, in one paragraph."""
    coarse, fine = best_labels(body)
    name = leader(coarse, body)
    return (
        f"{describe(body)} {_evidence(coarse, body)} {_excluded(coarse, fine, body)} Within {coarse}, "
        f"{_kind(name, body)} of the {name} that goes {_direction_words(name, WHOLE, body) or 'nowhere in particular'} "
        f"fits {fine} best. Therefore coarse-grained: {coarse}, fine-grained: {fine}."
    )


def _pair(name: str, body: BodyMotion) -> list[str]:
    """The leading part, and its counterpart on the other side if that moves about as much."""
    if not name.startswith(("left", "right")):
        return [name]
    side, limb = name.split(" ", 1)
    counterpart = f"{'right' if side == 'left' else 'left'} {limb}"
    return [name, counterpart] if _energy(counterpart, body) > 0.5 * _energy(name, body) else [name]


def _kind(name: str, body: BodyMotion) -> str:
    how = manner(name, body)
    axis = "horizontal" if how.horizontal > 0.6 else "vertical" if how.horizontal < 0.4 else "diagonal"
    if how.repeated == 1:
        return f"a repetitive {axis} oscillation"
    return f"a single {axis} movement" + (" there and back" if how.reversals else "")


def _course(name: str, body: BodyMotion) -> str:
    """Directions phase by phase."""
    openings = {"early": "it first", "middle": "then", "late": "in the late phase"}
    clauses, before = [], ""
    for phase, opening in openings.items():
        words = _direction_words(name, PHASES[phase], body)
        verb = "continues" if words == before else "moves"
        clauses.append(f"{opening} {verb} {words}" if words else f"{opening} remains nearly still")
        before = words
    return ", ".join(clauses)


def _direction_words(name: str, span: Span, body: BodyMotion) -> str:
    """The direction of the net movement in the span, in the viewer's words; empty when there is none."""
    right, down = body.parts[name].steps[body.during(*span)].sum(axis=0)
    strongest = max(abs(right), abs(down))
    words = []
    for amount, negative, positive in ((down, "upward", "downward"), (right, "leftward", "rightward")):
        if abs(amount) >= max(STEP, strongest / 3):
            words.append(positive if amount > 0 else negative)
    return " and ".join(words)


def _where(name: str, frame: int, body: BodyMotion) -> str:
    """Height and side of a part in a frame, relative to the body."""
    right, down = (float(value) for value in body.positions(name)[frame])
    height = "at a high position" if down < 0.25 else "at a middle height" if down < 0.62 else "at a low position"
    if abs(right) < 0.04:
        return f"{height} near the midline"
    side = "left" if (right > 0) == (SIDES[body.sides]["left"] > 0) else "right"
    return f"{height} on the {side} side of the body, {'away from' if abs(right) > 0.2 else 'close to'} the torso"


def _others(leading: list[str], body: BodyMotion) -> str:
    """Which parts follow the leading ones, and which keep still."""
    least = FOLLOWS * _energy(leading[0], body)
    rest = [name for name in SHOWN if name not in leading]
    follow = [name for name in rest if _energy(name, body) >= least and amplitude(name, WHOLE, body) >= 2 * STEP]
    still = [name for name in ("head", "torso") if name in rest and name not in follow]

    sentence = ""
    if follow:
        directions = {name: _direction_words(name, WHOLE, body) for name in follow}
        moves = [f"the {name} {'moves ' + words if words else 'sways slightly'}" for name, words in directions.items()]
        sentence = f"Following it with smaller movements, {_listed(moves)}. "
    return f"{sentence}The {_listed([*still, 'other parts'])} remain stable."


def _evidence(coarse: str, body: BodyMotion) -> str:
    head, beside, torso, arms, lap, legs, feet = (round(100 * float(share)) for share in zone_shares(body))
    return (
        f"Of all change in the picture {head + beside} percent lies at the height of the head, {torso} on the torso, "
        f"{arms} beside it where the arms are, {lap} at the lap and {legs + feet} at lower legs and feet, as expected "
        f"of {coarse}."
    )


def _excluded(coarse: str, fine: str, body: BodyMotion) -> str:
    """The runner-up body part and micro-action, and what speaks against them."""
    parts, actions = part_scores(body), action_scores(body)
    other = sorted(parts, key=lambda part: -parts[part])[1]
    near = next(a for a in sorted(actions, key=lambda a: -actions[a]) if a != fine and body_part(a) == coarse)
    why = _AGAINST[other] if other != "Body" or together(body) < 0.5 else "the shoulders move less than the limb"
    return f"This excludes {other}, since {why}, and it is not {near}, whose direction, place or rhythm fits less well."


_GOALS = MappingProxyType(
    {
        "Body-hand": "at a middle height, touching the torso",
        "Head-hand": "at a high position, touching the head",
        "Leg-hand": "at a low position, touching the leg",
    }
)
"""Where the hand of a contact part ends; its track does not show it, since it is lost among the pixels it touches."""
_AGAINST = MappingProxyType(
    {
        "Body": "the two shoulders do not move together",
        "Head": "more than the head moves",
        "Upper limb": "the hand stays in contact with another part",
        "Lower limb": "legs and feet take too little part",
        "Body-hand": "no hand rests on the torso",
        "Head-hand": "no hand reaches the head",
        "Leg-hand": "no hand works on the legs",
    }
)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _energy(name: str, body: BodyMotion) -> float:
    return float(np.sum(body.parts[name].energy))
