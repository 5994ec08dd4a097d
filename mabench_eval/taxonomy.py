"""Names of the benchmark: its eight tasks, and the 52 micro-actions of MA-52 in their 7 body parts.

Micro-actions after Guo et al. 2024, labels as printed in MA-Bench.
"""

from __future__ import annotations

import re
from types import MappingProxyType

OFFICIAL_CLOSED = ("CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR")
"""The six tasks of the closed average, in the paper's order."""
OFFICIAL_OPEN = ("MADU", "MARE")
"""The two tasks of the open average."""
OFFICIAL_TASKS = (*OFFICIAL_CLOSED, *OFFICIAL_OPEN)
"""The paper's eight tasks. Tasks of plugins get scores of their own, and enter no average."""
LEVELS = ("L1", "L2", "L3")
"""Levels of each open task; two tasks times three levels make the open average."""

BODY_PARTS = MappingProxyType(
    {
        "A": "Body",
        "B": "Head",
        "C": "Upper limb",
        "D": "Lower limb",
        "E": "Body-hand",
        "F": "Head-hand",
        "G": "Leg-hand",
    }
)
"""Letter of the code -> body part, the coarse label."""

MICRO_ACTIONS = MappingProxyType(
    {
        "A1": "Shaking body",
        "A2": "Turning around",
        "A3": "Sitting straightly",
        "A4": "Shrugging",
        "A5": "Rising up",
        "B1": "Nodding",
        "B2": "Shaking head",
        "B3": "Turning head",
        "B4": "Tilting head",
        "B5": "Bowing head",
        "B6": "Head up",
        "C1": "Illustrative gestures",
        "C2": "Other finger movements",
        "C3": "Hands touching fingers",
        "C4": "Stretching arms",
        "C5": "Waving",
        "C6": "Scratching arms",
        "C7": "Spreading hands",
        "C8": "Playing objects",
        "C9": "Putting hands together",
        "C10": "Retracting arms",
        "C11": "Pointing oneself",
        "C12": "Clenching fist",
        "C13": "Rubbing hands",
        "D1": "Tiptoe",
        "D2": "Retracting feet",
        "D3": "Shaking legs",
        "D4": "Stretching feet",
        "D5": "Closing legs",
        "D6": "Spread legs",
        "D7": "Curling legs",
        "D8": "Crossing legs",
        "E1": "Scratching or touching chest",
        "E2": "Scratching or touching neck",
        "E3": "Scratching or touching back",
        "E4": "Arms akimbo",
        "E5": "Crossing arms",
        "E6": "Scratching or touching shoulder",
        "F1": "Touching nose",
        "F2": "Scratching or touching face",
        "F3": "Playing or tidying hair",
        "F4": "Scratching or touching hindbrain",
        "F5": "Pushing glasses",
        "F6": "Rubbing eyes",
        "F7": "Scratching or touching forehead",
        "F8": "Touching ears",
        "F9": "Covering mouth",
        "F10": "Covering face",
        "G1": "Touching legs",
        "G2": "Patting legs",
        "G3": "Scratching legs",
        "G4": "Scratching feet",
    }
)
"""Code -> micro-action, the fine label."""


def task_order(task: str) -> tuple[int, str]:
    """Sort key: the paper's tasks in its order, then those of plugins by name."""
    return (OFFICIAL_TASKS.index(task) if task in OFFICIAL_TASKS else len(OFFICIAL_TASKS)), task


_CODE_SUFFIX = re.compile(r"\s+-\s+[A-G]\d{1,2}\s*$")
_BODY_PART_OF = MappingProxyType({action: BODY_PARTS[code[0]] for code, action in MICRO_ACTIONS.items()})


def label(option: str) -> str:
    """The label of an option, without its annotation code: ``Shaking body - A1`` is ``Shaking body``."""
    return _CODE_SUFFIX.sub("", option).strip()


def body_part(action: str) -> str | None:
    """The body part of a micro-action (with or without code); None if it is not one of the 52."""
    return _BODY_PART_OF.get(label(action))
