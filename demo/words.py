"""Reference texts of the demo: descriptions and reasonings written from the ground truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from demo.truth import CLEAR, PHASES, STILL, Track, bounds, leading, limb
from mabench_eval.taxonomy import body_part

SIGNS: Mapping[str, tuple[str, str, str]] = {
    "Shaking body": ("the torso rocks from side to side as one piece", "Turning around", "it faces the same way"),
    "Rising up": ("the whole upper body lifts from the seat", "Sitting straightly", "the hips leave the seat"),
    "Shrugging": ("both shoulders lift and drop", "Stretching arms", "the hands stay low"),
    "Sitting straightly": ("the upper body shifts once and then holds upright", "Shaking body", "nothing repeats"),
    "Nodding": ("the head dips and lifts several times", "Bowing head", "it comes back up each time"),
    "Shaking head": ("the face swings from side to side several times", "Turning head", "it does not stay turned"),
    "Tilting head": ("the head leans towards one shoulder once", "Shaking head", "nothing repeats"),
    "Bowing head": ("the head sinks once and stays down", "Nodding", "it does not come back up"),
    "Waving": ("a raised hand swings from side to side", "Stretching arms", "the movement repeats"),
    "Stretching arms": ("both arms go out and up, far from the body", "Spreading hands", "the elbows straighten"),
    "Rubbing hands": ("the two hands rub against each other", "Clenching fist", "the hands slide to and fro"),
    "Spreading hands": ("both hands open outwards at belly height", "Stretching arms", "the arms stay bent and low"),
    "Tiptoe": ("both heels lift and the knees rise with them", "Retracting feet", "the toes stay where they are"),
    "Shaking legs": ("one knee trembles up and down many times", "Tiptoe", "it is one leg, and it repeats"),
    "Closing legs": ("both knees come together", "Spread legs", "they approach each other"),
    "Spread legs": ("both knees go apart", "Closing legs", "they move away from each other"),
    "Scratching or touching chest": (
        "a hand goes to the chest and rubs there",
        "Scratching or touching neck",
        "it stops below the collar",
    ),
    "Scratching or touching neck": (
        "a hand goes to the neck and rubs there",
        "Scratching or touching chest",
        "it reaches above the collar",
    ),
    "Scratching or touching shoulder": (
        "a hand crosses to the other shoulder and rubs there",
        "Scratching or touching chest",
        "it passes the midline",
    ),
    "Crossing arms": ("both forearms fold over the chest", "Arms akimbo", "the hands cross the midline"),
    "Touching nose": ("a hand goes to the middle of the face", "Covering mouth", "it stops at the nose"),
    "Playing or tidying hair": ("a hand goes to the top of the head", "Touching ears", "it goes on top"),
    "Covering mouth": ("a hand goes to the mouth and stays", "Touching nose", "it stops below the nose"),
    "Touching ears": ("a hand goes to the side of the head", "Playing or tidying hair", "it stays beside the face"),
    "Touching legs": ("a hand slides along the thigh and rests there", "Patting legs", "nothing repeats"),
    "Patting legs": ("a hand lifts and drops on the thigh several times", "Touching legs", "it leaves the leg"),
    "Scratching legs": ("a hand reaches the knee and rubs up and down", "Scratching feet", "it stays above the shin"),
    "Scratching feet": ("the body bends down and a hand rubs at the foot", "Scratching legs", "it goes below the knee"),
}
"""Micro-action -> what is seen of it, its near neighbour, and what rules that out."""


def description(found: Mapping[str, Track]) -> str:
    """The MADU reference: who leads, how, where, and the course in time."""
    order = leading(found)
    first, others = order[0], order[1:3]
    sentences = [f"The {first.lower()} leads with {_manner(found[first])}.", _position(found[first])]
    if others:
        follow = " and ".join(f"the {name.lower()} with {_manner(found[name])}" for name in others)
        late = max(found[name].start for name in others) > found[first].start + 0.3
        sentences.append(f"It is followed by {follow}{', which sets in later' if late else ''}.")
    still = [name.lower() for name in found if found[name].amplitude <= STILL and limb(name) not in map(limb, order)]
    if still:
        sentences.append(f"The {' and the '.join(still[:2])} stay almost still.")
    return " ".join([*sentences, _course(found[first])])


def reasoning(action: str, found: Mapping[str, Track], form: int) -> str:
    """The MARE reference: observations, what is ruled out, and the two labels in one of three printed forms."""
    sign, neighbour, why = SIGNS[action]
    first = leading(found)[0]
    part = body_part(action)
    labels = (
        f"**[Body part (coarse-grained)] {part} | [Micro-action (fine-grained)] {action}**",
        f"**Body part (coarse-grained): {part}** and **Micro-action (fine-grained): {action}**",
        f'the coarse-grained category **{part}** and the fine-grained micro-action **"{action}"**',
    )[form % 3]
    return (
        f"The widest movement is that of the {first.lower()}, {_manner(found[first])}. {_course(found[first])} "
        f"Seen together, {sign}. It is not {neighbour.lower()}, because {why}; {_contact(action)}. "
        f"Therefore the movement is best labelled as {labels}."
    )


def _manner(track: Track) -> str:
    """Kind and direction of a movement."""
    size = "a wide" if track.amplitude > 45 else "a moderate" if track.amplitude > 14 else "a small"
    if track.reversals >= 3:
        across = np.ptp(track.path, axis=0)
        return f"{size}, repeated {'side-to-side' if across[0] > across[1] else 'up-and-down'} movement"
    far = track.path[int(np.argmax(np.hypot(*(track.path - track.path[0]).T)))] - track.path[0]
    back = np.hypot(*(track.path[-1] - track.path[0])) < 0.4 * np.hypot(*far)
    return f"{size} single {_directions(far)} movement{' and back' if back else ''}"


def _directions(by: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    x, y = float(by[0]), float(by[1])
    words = [("rightward" if x > 0 else "leftward", abs(x)), ("downward" if y > 0 else "upward", abs(y))]
    words.sort(key=lambda word: -word[1])
    return " and ".join(word for word, size in words if size > 0.35 * words[0][1])


def _position(track: Track) -> str:
    """Where it is, or starts and ends, relative to torso and midline."""
    if track.reversals >= 3 and _place(track.path[0]) == _place(track.path[-1]):
        return f"It stays at {_place(track.path[0])}."
    return f"It goes from {_place(track.path[0])} to {_place(track.path[-1])}."


def _place(at: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    x, y = float(at[0]) - 120, float(at[1])
    height = "head height" if y < 85 else "chest height" if y < 140 else "belly height" if y < 195 else "leg height"
    side = "near the midline" if abs(x) < 18 else f"on the {'right' if x > 0 else 'left'} side of the picture"
    return f"{height} {side}{', away from the torso' if abs(x) > 50 else ''}"


def _course(track: Track) -> str:
    """Phases in time."""
    moving = [phase for phase in PHASES if _path_length(track, phase) > CLEAR]
    start = "at once" if track.start < 0.35 else f"after about {track.start:.1f} seconds of rest"
    end = "goes on to the end" if "late" in moving else "then settles and holds"
    return f"It starts {start}, runs through the {' and the '.join(moving) or 'middle'} phase and {end}."


def _path_length(track: Track, phase: str) -> float:
    first, last = bounds(len(track.path), phase)
    return float(np.hypot(*np.diff(track.path[first : last + 1], axis=0).T).sum())


def _contact(action: str) -> str:
    part = body_part(action) or ""
    if part.endswith("-hand"):
        return "the hand stays in contact with its target, which speaks for a contact category"
    return "no hand touches another part, which excludes the contact categories"
