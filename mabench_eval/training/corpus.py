"""A training corpus: conversations with their clips, in three forms, with recipes, and a record of what is in it.

=======================  =============================================================================================
``train.jsonl``          a conversation a line: clip, task, system, question, answer, and its pictures or its clip
``sharegpt.jsonl``       the same for LLaMA-Factory; ``dataset_info.json`` says so
``datasets/``            the same as Parquet: ``datasets.load_dataset("DIR/datasets")``
``frames/CLIP/``         pictures, or ``clips/``: links to the clips
``recipes/``             three YAML files for LLaMA-Factory
``adapters/RECIPE/``     where each writes its adapter; ``corpus.json`` lies there already
``corpus.json``          what the corpus is
``journal.jsonl``        which pictures are written
=======================  =============================================================================================
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from mabench_eval.benchmark import load_benchmark, usable_clips
from mabench_eval.catalogue import Catalogue
from mabench_eval.construction import cores
from mabench_eval.errors import ClipError, InputError
from mabench_eval.journal import Journal, Progress, write_json, write_json_lines, write_text
from mabench_eval.runfiles import CORPUS, CorpusRecord, TrainedClip, VideoForm, to_json
from mabench_eval.training.conversations import Conversation, conversations, text_problems
from mabench_eval.training.persons import MA52, Exclusion, PersonRule, count_reasons, exclusion
from mabench_eval.training.pictures import QUALITY, PicturesTask, picture_files, write_pictures
from mabench_eval.training.recipes import FREEZE, RecipeFacts, recipe_text, template_of
from mabench_eval.training.sources import Source, read_source
from mabench_eval.types import Clip
from mabench_eval.video import Sampling, clip_facts

SCHEMA = 1
NAME = "ma_bench_train"
"""Of the dataset in ``dataset_info.json``."""
CLIPS_RULE = "llamafactory"
"""How LLaMA-Factory takes frames of a clip."""
TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}


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
    persons: str = MA52
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
    if settings.video == "clips":
        settings = replace(settings, sampling=Sampling(CLIPS_RULE, settings.sampling.count))
    source = read_source(
        settings.source, catalogue.tasks, settings.clips, closed=settings.closed, wordings=settings.wordings
    )
    rule = PersonRule(settings.persons)
    persons = {name: source.persons.get(name) or rule.of(name) for name in source.clips}
    left_out = _left_out(source, _exclusion(settings, catalogue, rule), persons)
    clips = {name: clip for name, clip in source.clips.items() if left_out[name] is None}
    kept = [question for question in source.questions if question.clip in clips]
    if problems := text_problems(kept):
        raise InputError("texts that cannot be taught; nothing was written", problems=problems)
    if not kept:
        raise InputError(f"nothing is left of {source.name}: {count_reasons(list(left_out.values()))}")

    folder = settings.output
    with Journal(folder) as journal:
        shown = _show(settings, clips, journal, progress)
        talks = list(conversations(kept, catalogue.tasks, settings.weights, settings.seed))
        digest = _write_rows(settings, talks, shown, clips)
        record = CorpusRecord(
            SCHEMA,
            digest,
            source.name,
            dict(sorted(Counter(talk.task for talk in talks).items())),
            settings.video,
            settings.sampling.identity(),
            tuple(TrainedClip(name, clip.sha256 or "") for name, clip in sorted(clips.items())),
            settings.persons,
            count_reasons(list(left_out.values())),
            settings.seed,
        )
        facts = RecipeFacts(
            settings.repo,
            template,
            NAME,
            settings.video,
            settings.sampling.count,
            _median_seconds(clips),
            len(talks),
            settings.seed,
        )
        _write_recipes(folder, facts, record)
    return CorpusReport(record, folder, sum(person is None for person in persons.values()), tuple(_notes(settings)))


def _exclusion(settings: CorpusSettings, catalogue: Catalogue, rule: PersonRule) -> Exclusion:
    """All that the named question files keep out. Their clips are hashed where they are there."""
    clips: list[tuple[str, str | None]] = []
    for data in settings.exclude:
        benchmark = load_benchmark(data, catalogue.tasks)
        found = usable_clips(benchmark.clip_names, benchmark.clip_folder)[0] if benchmark.clip_folder.is_dir() else {}
        clips += [(name, found[name].sha256 if name in found else None) for name in benchmark.clip_names]
    return exclusion(clips, rule, {})


def _left_out(source: Source, excluded: Exclusion, persons: Mapping[str, str | None]) -> dict[str, str | None]:
    """Clip -> why it is left out, or None."""
    return {name: excluded.reason(name, clip.sha256 or "", persons[name]) for name, clip in source.clips.items()}


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


def _write_rows(
    settings: CorpusSettings, talks: Sequence[Conversation], shown: Mapping[str, list[str]], clips: Mapping[str, Clip]
) -> str:
    """The three forms; the corpus's hash, of the plain one and of how its pictures were taken."""
    folder = settings.output
    digest = hashlib.sha256(json.dumps([settings.sampling.identity(), settings.quality]).encode("ascii"))

    def plain() -> Iterator[dict[str, Any]]:
        for talk in talks:
            row = {
                "clip": talk.clip,
                "sha256": clips[talk.clip].sha256,
                "task": talk.task,
                "system": talk.system,
                "question": talk.user,
                "answer": talk.answer,
                "video": shown[talk.clip],
            }
            digest.update(json.dumps(row, sort_keys=True).encode("ascii"))
            yield row

    write_json_lines(folder / "train.jsonl", plain())
    write_json_lines(folder / "sharegpt.jsonl", _sharegpt(talks, shown))
    columns = {"messages": "messages", "videos": "videos"}
    info = {"file_name": "sharegpt.jsonl", "formatting": "sharegpt", "columns": columns}
    write_json(folder / "dataset_info.json", {NAME: {**info, "tags": {**TAGS, "system_tag": "system"}}})
    return digest.hexdigest()


def _sharegpt(talks: Iterable[Conversation], shown: Mapping[str, list[str]]) -> Iterator[dict[str, Any]]:
    """A video is a list of pictures, or one path."""
    for talk in talks:
        files = shown[talk.clip]
        yield {
            "messages": [
                {"role": "system", "content": talk.system},
                {"role": "user", "content": f"<video>{talk.user}"},
                {"role": "assistant", "content": talk.answer},
            ],
            "videos": files if files[0].startswith("clips/") else [files],
        }


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


def _notes(settings: CorpusSettings) -> Iterator[str]:
    if not settings.exclude:
        yield "no --exclude: nothing keeps test clips, or the people in them, out of this corpus"
