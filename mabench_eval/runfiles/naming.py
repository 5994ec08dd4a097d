"""What runs are called beside each other: names are given by people, and two may be the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path


def told_apart(names: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """The names, those that several runs have with their run's id; with the whole folder where that is the same too."""
    with_id = _where_same(names, [f"{name} {path.resolve().name}" for name, path in zip(names, folders, strict=True)])
    return _where_same(with_id, [f"{name} {path}" for name, path in zip(names, folders, strict=True)])


def _where_same(names: Sequence[str], longer: Sequence[str]) -> list[str]:
    """The names; those that stand there twice in their longer form."""
    counts = Counter(names)
    return [more if counts[name] > 1 else name for name, more in zip(names, longer, strict=True)]
