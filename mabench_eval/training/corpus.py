"""A training corpus: conversations with their clips, in three forms, with recipes, and a record of what is in it.

=======================  =============================================================================================
``train.jsonl``          a conversation a line: clip, task, system, question, answer, and its pictures or its clip
``sharegpt.jsonl``       the same for LLaMA-Factory; ``dataset_info.json`` says so
``datasets/``            the same as Parquet, where it is wanted: ``datasets.load_dataset("DIR/datasets")``
``frames/CLIP/``         pictures, or ``clips/``: links to the clips
``recipes/``             three YAML files for LLaMA-Factory
``adapters/RECIPE/``     where each writes its adapter; ``corpus.json`` lies there already
``corpus.json``          what the corpus is
``journal.jsonl``        which pictures are written
=======================  =============================================================================================
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median

from mabench_eval.benchmark import MA52, PersonRule
from mabench_eval.catalogue import Catalogue
from mabench_eval.construction import check_pyarrow, cores
from mabench_eval.errors import ClipError, InputError
from mabench_eval.journal import Journal, Progress, write_json, write_text
from mabench_eval.runfiles import CORPUS, CorpusRecord, TrainedClip, VideoForm, to_json
from mabench_eval.training.conversations import conversations, text_problems
from mabench_eval.training.persons import Exclusion, count_reasons, exclusion, persons_in
from mabench_eval.training.pictures import QUALITY, PicturesTask, picture_files, write_pictures
from mabench_eval.training.recipes import FREEZE, RecipeFacts, recipe_text, template_of
from mabench_eval.training.rows import NAME, Rows
from mabench_eval.training.sources import read_source
from mabench_eval.types import Clip, Question
from mabench_eval.video import Sampling, clip_facts

SCHEMA = 1
CLIPS_RULE = "llamafactory"
"""How LLaMA-Factory takes frames of a clip."""


@dataclass(frozen=True, slots=True)
class CorpusSettings:
    """What a corpus is made of, and how."""

    source: str
    """A folder under construction, or a labelled question file."""
    output: Path
    clips: Path | None = None
    """Folder of the clips; None: as the source says."""
    video: VideoForm = "frames"
    """``frames``: the pictures that the evaluation samples; ``clips``: LLaMA-Factory samples."""
    sampling: Sampling = field(default_factory=Sampling)
    exclude: tuple[str, ...] = ()
    """Question files: their clips, equal bytes and the people in them are not trained on."""
    subjects: str = MA52
    """Regular expression that finds the person in a clip's name."""
    closed: bool = False
    wordings: int = 1
    """Ways in which each caption of a built benchmark is asked for."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Task -> times that each of its conversations is in."""
    repo: str = "Qwen/Qwen3-VL-8B-Instruct"
    """Of the recipes' base model."""
    template: str | None = None
    """LLaMA-Factory's name of its prompt's form; None: by the repository's name."""
    datasets: bool = False
    """Whether ``datasets.load_dataset`` can open it too."""
    quality: int = QUALITY
    seed: int = 0
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What was written."""

    record: CorpusRecord
    folder: Path
    nameless: int
    """Clips whose name tells nobody."""
    notes: tuple[str, ...]


def write_corpus(settings: CorpusSettings, catalogue: Catalogue, progress: Progress) -> CorpusReport:
    """Write a corpus; the same command again goes on where it stopped, and writes no picture twice.

    Raises:
        InputError: All that cannot be used of source, clips and exclusions; nothing was written.
        ClipError: Clips that cannot be decoded; all other pictures are written, and the same command goes on.
        JournalError, ModelError: The folder is in use, or no process can be started.
    """
    template = settings.template or template_of(settings.repo)
    if settings.datasets:
        check_pyarrow()
    if settings.video == "clips":
        settings = replace(settings, sampling=Sampling(CLIPS_RULE, settings.sampling.count))
    source = read_source(
        settings.source, catalogue.tasks, settings.clips, closed=settings.closed, wordings=settings.wordings
    )
    rule = PersonRule(settings.subjects)
    excluded = exclusion(settings.exclude, catalogue.tasks, rule)
    persons = {name: persons_in(name, source.persons, rule) for name in source.clips}
    left_out = {name: excluded.reason(name, clip.sha256 or "", persons[name]) for name, clip in source.clips.items()}
    clips = {name: clip for name, clip in source.clips.items() if left_out[name] is None}
    kept = _Kept(source.questions, clips)
    if problems := text_problems(kept):
        raise InputError("texts that cannot be taught; nothing was written", problems=problems)
    if next(iter(kept), None) is None:
        raise InputError(f"nothing is left of {source.name}: {count_reasons(left_out.values())}")

    folder = settings.output
    with Journal(folder) as journal:
        shown = _show(settings, clips, journal, progress)
        talks = partial(conversations, kept, catalogue.tasks, settings.weights, settings.seed)
        tasks = Counter(talk.task for talk in talks())
        rows = Rows(talks, shown, clips, [settings.sampling.identity(), settings.quality])
        digest = rows.write(folder)
        if settings.datasets:
            rows.write_dataset(folder / "datasets", source.name)
        record = CorpusRecord(
            SCHEMA,
            digest,
            source.name,
            dict(sorted(tasks.items())),
            settings.video,
            settings.sampling.identity(),
            tuple(
                TrainedClip(name, clip.sha256 or "", tuple(sorted(persons[name])))
                for name, clip in sorted(clips.items())
            ),
            settings.subjects,
            count_reasons(left_out.values()),
            settings.seed,
        )
        facts = RecipeFacts(
            settings.repo,
            template,
            NAME,
            settings.video,
            settings.sampling.count,
            _median_seconds(clips),
            tasks.total(),
            settings.seed,
        )
        _write_recipes(folder, facts, record)
    nameless = sum(not known for known in persons.values())
    return CorpusReport(record, folder, nameless, (*source.notes, *_notes(settings, excluded)))


@dataclass(frozen=True, slots=True)
class _Kept:
    """The questions on clips that are in, found anew whenever they are gone through: no list of them is held."""

    questions: Iterable[Question]
    clips: Mapping[str, Clip]

    def __iter__(self) -> Iterator[Question]:
        return (question for question in self.questions if question.clip in self.clips)


def _show(
    settings: CorpusSettings, clips: Mapping[str, Clip], journal: Journal, progress: Progress
) -> dict[str, list[str]]:
    """Clip -> what stands for it in a conversation: its pictures, or the clip itself."""
    folder = settings.output
    if settings.video == "clips":
        return {name: [_linked(clip, folder)] for name, clip in clips.items()}
    tasks = [PicturesTask(clip, settings.sampling, settings.quality) for clip in clips.values()]
    failed = write_pictures(tasks, folder, journal, settings.jobs or cores(), folder / "workers.log", progress)
    if failed:
        raise ClipError(
            f"{len(failed)} of {len(clips)} clips cannot be decoded",
            problems=[f"{name}: {error}" for name, error in sorted(failed.items())],
            hint="Mend or remove them; the same command goes on with the pictures that are written.",
        )
    return {name: picture_files(name, folder) for name in clips}


def _linked(clip: Clip, folder: Path) -> str:
    """A link to the clip, below the corpus; a copy where links cannot be made is left to the user."""
    assert clip.path, "clips of a source have files"
    link = folder / "clips" / f"{clip.name}{clip.path.suffix}"
    link.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.abspath(clip.path)  # noqa: PTH100 - a link in the clip folder stays as it is
    if not link.is_symlink() or os.readlink(link) != target:  # noqa: PTH115
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return link.relative_to(folder).as_posix()


def _write_recipes(folder: Path, facts: RecipeFacts, record: CorpusRecord) -> None:
    """Recipes, and the record beside the corpus and where each adapter will be."""
    write_json(folder / CORPUS, to_json(record))
    for recipe in FREEZE:
        adapter = folder / "adapters" / recipe
        adapter.mkdir(parents=True, exist_ok=True)
        (folder / "recipes").mkdir(exist_ok=True)
        write_text(folder / "recipes" / f"{recipe}.yaml", recipe_text(recipe, facts))
        write_json(adapter / CORPUS, to_json(replace(record, recipe=recipe)))


def _median_seconds(clips: Mapping[str, Clip]) -> float:
    """Of some clips: the recipes' frame rate needs no more."""
    some = [clip.path for clip in list(clips.values())[:50] if clip.path]
    return median(clip_facts(path).seconds for path in some)


def _notes(settings: CorpusSettings, excluded: Exclusion) -> Iterator[str]:
    if not settings.exclude:
        yield "no --exclude: nothing keeps test clips, or the people in them, out of this corpus"
    elif excluded.nameless:
        yield (
            f"nobody is known of {excluded.nameless:,} of the {len(excluded.names):,} clips of --exclude: their names "
            "and bytes alone keep them out (--subjects REGEX, or a column `subject`, tells who is in them)"
        )
