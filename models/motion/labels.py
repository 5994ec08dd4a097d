"""Which micro-action a measured motion looks like: the body part by where energy lies, the action by how it moves.

Both are tables set by hand, in the proportions of a seated body: the profiles in round numbers after figures drawn for
the purpose, the signs after the names of the 52 actions. Nothing is fitted to labelled clips.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from mabench_eval import MICRO_ACTIONS, body_part

from .body import STEP, BodyMotion, coordinates
from .pixels import Array

ZONES: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {
        "head": (-9, 0.18, 0, 0.13),
        "beside": (-9, 0.18, 0.13, 9),
        "torso": (0.18, 0.52, 0, 0.10),
        "arms": (0.18, 0.52, 0.10, 9),
        "lap": (0.52, 0.68, 0, 9),
        "legs": (0.68, 0.88, 0, 9),
        "feet": (0.88, 9, 0, 9),
    }
)
"""Zones that share out the whole picture: top, bottom, and nearest and farthest from the midline, in body heights."""
PROFILES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "Body": (40, 2, 20, 30, 8, 0, 0),
        "Head": (92, 2, 4, 2, 0, 0, 0),
        "Upper limb": (0, 5, 5, 70, 20, 0, 0),
        "Lower limb": (0, 0, 0, 0, 20, 40, 40),
        "Body-hand": (2, 2, 45, 40, 11, 0, 0),
        "Head-hand": (12, 8, 30, 42, 8, 0, 0),
        "Leg-hand": (0, 0, 5, 40, 40, 15, 0),
    }
)
"""Body part -> percent of the energy in each zone. On its way to the head a hand crosses lap and torso."""
HEAD_ALONG = 0.15
"""Share of the energy that is the head's own in any micro-action: people hardly move a limb and keep the head still."""
TOGETHER = MappingProxyType({"Body": 0.9})
"""Body part -> how far both shoulders go the same way (0-1); hardly at all (0.1) for the others."""


class Sign(NamedTuple):
    """What tells a micro-action from the others of its body part."""

    way: str
    """Direction of the leading part: ``up``, ``down``, ``in``, ``out``, ``horizontal``, ``vertical`` or ``any``."""
    repeated: bool
    """Whether it goes back and forth."""
    place: tuple[float, float]
    """Where it happens: distance from the midline, from the top of the head; body heights."""
    both: bool = False
    """Whether both sides take part alike."""


_LAP = (0.05, 0.58)
SIGNS: Mapping[str, Sign] = MappingProxyType(
    {
        "Shaking body": Sign("horizontal", True, (0.0, 0.25), both=True),
        "Turning around": Sign("horizontal", False, (0.0, 0.30), both=True),
        "Sitting straightly": Sign("up", False, (0.0, 0.35), both=True),
        "Shrugging": Sign("vertical", True, (0.12, 0.22), both=True),
        "Rising up": Sign("up", False, (0.0, 0.45), both=True),
        "Nodding": Sign("vertical", True, (0.0, 0.09)),
        "Shaking head": Sign("horizontal", True, (0.0, 0.09)),
        "Turning head": Sign("horizontal", False, (0.0, 0.09)),
        "Tilting head": Sign("horizontal", False, (0.0, 0.05)),
        "Bowing head": Sign("down", False, (0.0, 0.09)),
        "Head up": Sign("up", False, (0.0, 0.09)),
        "Illustrative gestures": Sign("any", True, (0.20, 0.45), both=True),
        "Other finger movements": Sign("any", True, _LAP),
        "Hands touching fingers": Sign("any", True, (0.0, 0.56), both=True),
        "Stretching arms": Sign("out", False, (0.30, 0.40)),
        "Waving": Sign("horizontal", True, (0.25, 0.25)),
        "Scratching arms": Sign("vertical", True, (0.13, 0.42)),
        "Spreading hands": Sign("out", False, (0.25, 0.52), both=True),
        "Playing objects": Sign("any", True, (0.03, 0.54), both=True),
        "Putting hands together": Sign("in", False, (0.05, 0.55), both=True),
        "Retracting arms": Sign("in", False, (0.20, 0.50)),
        "Pointing oneself": Sign("up", False, (0.08, 0.35)),
        "Clenching fist": Sign("any", True, _LAP),
        "Rubbing hands": Sign("horizontal", True, (0.0, 0.52), both=True),
        "Tiptoe": Sign("vertical", False, (0.10, 0.85), both=True),
        "Retracting feet": Sign("in", False, (0.10, 0.94)),
        "Shaking legs": Sign("vertical", True, (0.10, 0.75)),
        "Stretching feet": Sign("out", False, (0.12, 0.96)),
        "Closing legs": Sign("in", False, (0.10, 0.75), both=True),
        "Spread legs": Sign("out", False, (0.10, 0.75), both=True),
        "Curling legs": Sign("up", False, (0.10, 0.85)),
        "Crossing legs": Sign("in", False, (0.05, 0.70)),
        "Scratching or touching chest": Sign("up", False, (0.03, 0.32)),
        "Scratching or touching neck": Sign("up", False, (0.04, 0.20)),
        "Scratching or touching back": Sign("out", False, (0.18, 0.42)),
        "Arms akimbo": Sign("out", False, (0.20, 0.32), both=True),
        "Crossing arms": Sign("in", False, (0.03, 0.40), both=True),
        "Scratching or touching shoulder": Sign("up", False, (0.12, 0.23)),
        "Touching nose": Sign("up", False, (0.00, 0.11)),
        "Scratching or touching face": Sign("up", True, (0.04, 0.12)),
        "Playing or tidying hair": Sign("up", True, (0.03, 0.02)),
        "Scratching or touching hindbrain": Sign("up", True, (0.08, 0.08)),
        "Pushing glasses": Sign("up", False, (0.02, 0.085)),
        "Rubbing eyes": Sign("up", True, (0.03, 0.085)),
        "Scratching or touching forehead": Sign("up", True, (0.01, 0.05)),
        "Touching ears": Sign("up", False, (0.07, 0.09)),
        "Covering mouth": Sign("up", False, (0.0, 0.135)),
        "Covering face": Sign("up", False, (0.0, 0.09), both=True),
        "Touching legs": Sign("down", False, (0.08, 0.64)),
        "Patting legs": Sign("vertical", True, (0.10, 0.62)),
        "Scratching legs": Sign("any", True, (0.09, 0.66)),
        "Scratching feet": Sign("down", True, (0.10, 0.92)),
    }
)
"""Micro-action -> its sign."""

REACH = 0.02
"""Share of an arm's energy above the place it reaches for; the centre of the hand is half a hand (0.04) below."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a part moves over the whole clip."""

    toward: tuple[float, float]
    """Unit vector (outward from the midline, downward) from rest to the farthest point; zero when it does not move."""
    horizontal: float
    """Share of its path that is horizontal, 0-1."""
    reversals: int
    """On the axis it mainly moves along. A movement there and back has one."""

    @property
    def repeated(self) -> float:
        """0 for a single movement, 1 for one that goes back and forth; there and back once may be either (0.5)."""
        return min(self.reversals, 2) / 2


def zone_shares(body: BodyMotion) -> Array:
    """(7,): share of the clip's energy in each zone; zeros when nothing moves."""
    across, down = coordinates(body.motion.box, body.motion.silhouette.shape)
    energy, lateral = body.motion.energy.sum(axis=0), np.abs(across)
    sums = [
        energy[(top <= down) & (down < bottom) & (inner <= lateral) & (lateral < outer)].sum()
        for top, bottom, inner, outer in ZONES.values()
    ]
    return np.array(sums, np.float32) / max(float(energy.sum()), 1e-6)


def together(body: BodyMotion) -> float:
    """How far both shoulders go the same way, 0-1: 0 for one alone or opposite ways, 1 for equal steps."""
    left, right = (body.parts[f"{side} upper arm"].steps for side in ("left", "right"))
    return max(0.0, float(2 * (left * right).sum() / max(float((left**2 + right**2).sum()), 1e-6)))


def part_scores(body: BodyMotion) -> dict[str, float]:
    """Body part -> likeness 0-1: Bhattacharyya coefficients (1943) of the shares and of the shoulders' agreement."""
    shares, agreement = zone_shares(body), together(body)
    scores = {}
    for part, profile in PROFILES.items():
        expected = TOGETHER.get(part, 0.1)
        shoulders = (agreement * expected) ** 0.5 + ((1 - agreement) * (1 - expected)) ** 0.5
        usual = (1 - HEAD_ALONG) * np.array(profile) / 100 + HEAD_ALONG * np.eye(len(ZONES))[0]
        scores[part] = float(np.sqrt(shares * usual).sum()) * shoulders
    return scores


def action_scores(body: BodyMotion) -> dict[str, float]:
    """Micro-action -> likeness 0-1: its body part's, times how many of its sign's traits the motion shows."""
    looks = {part: (score, _look(part, body)) for part, score in part_scores(body).items()}
    scores = {}
    for action in MICRO_ACTIONS.values():
        likeness, look = looks[body_part(action) or ""]
        scores[action] = likeness * _fits(SIGNS[action], look)
    return scores


def leader(part: str, body: BodyMotion) -> str:
    """The track that leads if the micro-action is of this body part: of several, the one with the most energy."""
    if part in ("Head", "Body"):
        return "head" if part == "Head" else "torso"
    names = ("foot", "lower leg", "upper leg") if part == "Lower limb" else ("hand",)
    tracks = [f"{side} {name}" for name in names for side in ("left", "right")]
    return max(tracks, key=lambda name: float(body.parts[name].energy.sum()))


def manner(name: str, body: BodyMotion) -> Manner:
    """How a track moves over the whole clip."""
    track, away = body.parts[name], body.positions(name) - body.positions(name)[0]
    far = away[np.hypot(*away.T).argmax()]
    if name.startswith("right"):
        far = far * np.array([-1, 1])
    path = np.abs(track.steps).sum(axis=0)
    horizontal = float(path[0] / max(float(path.sum()), 1e-6))
    unit = far / max(float(np.hypot(*far)), STEP)
    return Manner((float(unit[0]), float(unit[1])), horizontal, track.reversals(int(horizontal < 0.5)))


class _Look(NamedTuple):
    """What a clip shows if its micro-action is of a certain body part."""

    how: Manner
    place: tuple[float, float]
    balance: float | None
    """How far the other side takes part, 0-1; None for head and torso."""


def _look(part: str, body: BodyMotion) -> _Look:
    name = leader(part, body)
    balance = _balance(name, body) if name.startswith(("left", "right")) else None
    return _Look(manner(name, body), _place(part, body), balance)


def _fits(sign: Sign, look: _Look) -> float:
    """Mean of the traits: direction, rhythm, place, and one side or both."""
    rhythm = look.how.repeated if sign.repeated else 1 - look.how.repeated
    traits = [_way(sign.way, look.how), rhythm, _nearness(sign.place, look.place)]
    if look.balance is not None:
        traits.append(look.balance if sign.both else 1 - look.balance)
    return sum(traits) / len(traits)


def _way(way: str, how: Manner) -> float:
    """How far the motion goes that way, 0-1."""
    out, down = how.toward
    values = {
        "up": -down,
        "down": down,
        "out": out,
        "in": -out,
        "horizontal": how.horizontal,
        "vertical": 1 - how.horizontal,
        "any": 0.5,
    }
    return max(0.0, values[way])


def _nearness(place: tuple[float, float], found: tuple[float, float]) -> float:
    """1 where the motion is at that place, less with distance: half at about a head's width (0.1)."""
    distance = float(np.hypot(found[0] - place[0], found[1] - place[1]))
    return 1 / (1 + (distance / 0.1) ** 2)


def _place(part: str, body: BodyMotion) -> tuple[float, float]:
    """Where it happens: where a hand reaches that goes to head or body, else the middle of all energy."""
    across, down = coordinates(body.motion.box, body.motion.silhouette.shape)
    energy = body.motion.energy.sum(axis=0)
    total = max(float(energy.sum()), 1e-6)
    if part not in ("Head-hand", "Body-hand"):
        return float((energy * np.abs(across)).sum() / total), float((energy * down).sum() / total)
    rows = np.cumsum(energy.sum(axis=1)) / total
    top = float(down[np.searchsorted(rows, REACH).clip(max=len(rows) - 1), 0]) + 0.04
    near = energy * (np.abs(down - top) < 0.05)
    return float((near * np.abs(across)).sum() / max(float(near.sum()), 1e-6)), top


def _balance(name: str, body: BodyMotion) -> float:
    """Energy of a limb and of its fellow on the other side, the smaller as a share of the greater."""
    fellow = name.replace("left", "right") if name.startswith("left") else name.replace("right", "left")
    energies = sorted(float(body.parts[one].energy.sum()) for one in (name, fellow))
    return energies[0] / max(energies[1], 1e-6)
