"""Who is seen in a clip, by the clip's name."""

from __future__ import annotations

import re

from mabench_eval.errors import InputError

MA52 = r"(?:^|/)(\d{4})_\d{2}_\d{4}$"
"""Names of MA-52's clips, ``0030_01_0002``: person, action, number."""


class PersonRule:
    """Finds the person in a clip's name: the first group of a regular expression, or all that it matches."""

    def __init__(self, pattern: str = MA52) -> None:
        """Raises InputError for what is no regular expression."""
        self.pattern = pattern
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise InputError(f"--subjects {pattern}: not a regular expression: {error}") from error

    def of(self, clip: str) -> str | None:
        """The person; None where the name tells nobody."""
        found = self._pattern.search(clip)
        return found and (found[1] if self._pattern.groups else found[0])
