"""The frames of clips as pictures: those that the evaluation would sample, so that training and test see the same."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.construction import Pool
from mabench_eval.journal import Journal, Progress, Records, fingerprint, replacing_folder, write_bytes
from mabench_eval.types import Clip
from mabench_eval.video import Sampling, decode

FRAMES = "frames"
"""Folder of the pictures, one folder a clip."""
STAGE = "pictures"
QUALITY = 95
"""Of the JPEG files, 1-100."""


@dataclass(frozen=True, slots=True)
class PicturesTask:
    """The frames of one clip, for a worker."""

    clip: Clip
    sampling: Sampling
    quality: int

    @property
    def key(self) -> str:
        """Of all that the pictures depend on."""
        return fingerprint(
            {
                "stage": STAGE,
                "clip": self.clip.name,
                "content": self.clip.identity,
                "sampling": self.sampling.identity(),
                "quality": self.quality,
            }
        )

    def do(self) -> dict[str, bytes]:
        """File name -> JPEG, in order of time. Raises ClipError."""
        from PIL import Image

        pictures = {}
        for number, pixels in enumerate(decode(self.clip, self.sampling).pixels):
            content = io.BytesIO()
            Image.fromarray(pixels).save(content, "JPEG", quality=self.quality, subsampling=0)
            pictures[f"{number:03d}.jpg"] = content.getvalue()
        return pictures


def write_pictures(
    tasks: Sequence[PicturesTask], corpus: Path, journal: Journal, jobs: int, log: Path, progress: Progress
) -> dict[str, str]:
    """Write what is not there yet; clip -> why it could not be decoded, for those that fail.

    Raises ModelError where no process can be started, JournalError.
    """
    waiting = [task for task in tasks if not is_written(task, corpus, journal.records)]
    progress.stage(STAGE, len(tasks), len(tasks) - len(waiting))
    failed: dict[str, str] = {}
    with Pool(_prepared, jobs, log) as pool, closing(pool.run(waiting)) as outcomes:
        for outcome in outcomes:
            task = waiting[outcome.task]
            name = task.clip.name
            if outcome.error is not None:
                failed[name] = outcome.error
                journal.append("error", task.key, error=outcome.error)
            else:
                folder = corpus / FRAMES / name
                folder.parent.mkdir(parents=True, exist_ok=True)
                with replacing_folder(folder) as new:
                    for picture, content in outcome.result.items():
                        write_bytes(new / picture, content)
                about = {"stage": STAGE, "clip": name, "file": f"{FRAMES}/{name}", "seconds": round(outcome.seconds, 3)}
                journal.append("unit", task.key, **about, sha256=_sizes(name, corpus))
            progress.advance(STAGE, outcome.error and f"{name}: {outcome.error}")
    return failed


def is_written(task: PicturesTask, corpus: Path, records: Records) -> bool:
    """Whether the record of a clip's pictures is there, and they are what it says, by names and sizes."""
    record = records.units.get(task.key)
    return record is not None and record.get("sha256") == _sizes(task.clip.name, corpus)


def picture_files(clip: str, corpus: Path) -> list[str]:
    """The pictures of a clip, below the corpus, in order of time; none where they are not written."""
    folder = corpus / FRAMES / clip
    return [f"{FRAMES}/{clip}/{file.name}" for file in sorted(folder.glob("*.jpg"))] if folder.is_dir() else []


def _prepared() -> Callable[[PicturesTask], dict[str, bytes]]:
    return lambda task: task.do()


def _sizes(clip: str, corpus: Path) -> str:
    """Of the names and sizes of a clip's pictures: to read a hundred thousand of them would take long."""
    return fingerprint([[file, (corpus / file).stat().st_size] for file in picture_files(clip, corpus)])
