"""Who is seen in a clip, by its name; and which clips may not be trained on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.errors import InputError

MA52 = r"^(\d{4})_\d{2}_\d{4}$"
"""Names of MA-52's clips, ``0030_01_0002``: the person, the camera's session, the number of the clip."""
SAME_NAME, SAME_BYTES, SAME_PERSON = "excluded by name", "the same bytes as an excluded clip", "an excluded person"


class PersonRule:
    """Finds the person in a clip's name: the first group of a regular expression, or all that it matches."""

    def __init__(self, pattern: str = MA52) -> None:
        """Raises InputError for what is no regular expression."""
        self.pattern = pattern
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise InputError(f"--persons {pattern}: not a regular expression: {error}") from error

    def of(self, clip: str) -> str | None:
        """The person; None where the name tells nobody."""
        found = self._pattern.search(clip.rpartition("/")[2])
        return found and (found[1] if self._pattern.groups else found[0])


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What may not be trained on."""

    names: frozenset[str]
    sha256: frozenset[str]
    persons: frozenset[str]

    def reason(self, clip: str, sha256: str, person: str | None) -> str | None:
        """Why a clip is left out; None: it is not."""
        if clip in self.names:
            return SAME_NAME
        if sha256 in self.sha256:
            return SAME_BYTES
        return SAME_PERSON if person is not None and person in self.persons else None


def exclusion(clips: Iterable[tuple[str, str | None]], persons: PersonRule, told: Mapping[str, str]) -> Exclusion:
    """What these clips, a name and the bytes' sha256 each where it is known, keep out of training.

    ``told``: clip -> person, of those whom a column names; the rule finds the others.
    """
    names, digests, people = set(), set(), set()
    for name, sha256 in clips:
        names.add(name)
        if sha256 is not None:
            digests.add(sha256)
        person = told.get(name) or persons.of(name)
        if person is not None:
            people.add(person)
    return Exclusion(frozenset(names), frozenset(digests), frozenset(people))


def count_reasons(reasons: Sequence[str | None]) -> dict[str, int]:
    """Why -> how many clips were left out."""
    return dict(sorted(Counter(reason for reason in reasons if reason).items()))
