"""Whether two question files share clips or people, by name and by bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.auditing.findings import Finding
from mabench_eval.benchmark import MA52, Benchmark, PersonRule, usable_clips


@dataclass(frozen=True, slots=True)
class Material:
    """What a question file is about."""

    name: str
    clips: Sequence[str]
    """Each once."""
    sha256: Mapping[str, str]
    """Clip -> hash of its file, for clips whose files are there and whole."""
    persons: Mapping[str, str]
    """Clip -> who is in it, where that is known."""

    @classmethod
    def of(cls, benchmark: Benchmark, subjects: str | None) -> Material:
        """Of a question file. ``subjects``: see ``persons_of``."""
        hashes: dict[str, str] = {}
        if benchmark.clip_folder.is_dir():
            usable, _ = usable_clips(benchmark.clip_names, benchmark.clip_folder)
            hashes = {name: clip.sha256 for name, clip in usable.items() if clip.sha256}
        names = benchmark.clip_names
        return cls(str(benchmark.file), names, hashes, persons_of(names, subjects))


def persons_of(clips: Sequence[str], subjects: str | None) -> dict[str, str]:
    """Clip -> person, by its name (``PersonRule``).

    None: as MA-52 names its clips, where all have such a name. Raises InputError for what is no regular expression.
    """
    rule = PersonRule(MA52 if subjects is None else subjects)
    found = {clip: person for clip in clips if (person := rule.of(clip)) is not None}
    return found if subjects is not None or len(found) == len(clips) else {}


def overlaps(own: Material, other: Material) -> list[Finding]:
    """Clips and people of one file that are in the other too."""
    theirs, hashes, people = set(other.clips), set(other.sha256.values()), set(other.persons.values())
    clips = tuple(clip for clip in own.clips if clip in theirs)
    bytes_ = tuple(clip for clip, digest in own.sha256.items() if digest in hashes)
    shared = sorted(set(own.persons.values()) & people)
    persons = len(set(own.persons.values()))
    return [
        Finding("clips in both files", len(clips), len(own.clips), "clips", f"{other.name} has them too", clips),
        Finding(
            "bytes in both files", len(bytes_), len(own.sha256), "clips", f"{other.name} has the same bytes", bytes_
        ),
        Finding("people in both files", len(shared), persons, "people", f"{other.name} shows them too", tuple(shared)),
    ]
