"""Entries forged by somebody who knows this library: in its form, under the right seal, all figures made to follow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval.journal import fingerprint
from mabench_eval.leaderboard.entries import entry_text
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.marks import seal_of
from mabench_eval.leaderboard.rescore import levels_of, scores_from_samples
from mabench_eval.leaderboard.samples import read_kept_samples, samples_file
from mabench_eval.runfiles import from_json, to_json

Row = dict[str, Any]


def document_of(path: Path) -> Row:
    """The content of an entry's file."""
    document: Row = json.loads(path.read_text(encoding="utf-8"))
    return document


def samples_of(path: Path) -> list[Row]:
    """The samples beside it."""
    return [json.loads(line) for line in samples_file(path).read_text(encoding="utf-8").splitlines()]


def write_samples(path: Path, samples: Sequence[Row]) -> None:
    """Put these samples beside an entry."""
    samples_file(path).write_text("".join(json.dumps(one) + "\n" for one in samples), encoding="utf-8")


def forge(path: Path, document: Row | None = None, samples: Sequence[Row] | None = None) -> None:
    """Write an entry and its samples, in their form and under the right seal."""
    if samples is not None:
        write_samples(path, samples)
    entry = from_json(Entry, document or document_of(path), str(path))
    kept = read_kept_samples(samples_file(path)) if samples_file(path).exists() else None
    path.write_text(entry_text(replace(entry, seal=seal_of(entry, kept))), encoding="utf-8")


def forge_scores(path: Path, samples: Sequence[Row]) -> None:
    """The same, every score and count of the entry made to follow from the samples."""
    document = document_of(path)
    write_samples(path, samples)
    kept = read_kept_samples(samples_file(path))
    document["scores"] = to_json(scores_from_samples(kept, levels_of(from_json(Entry, document, str(path)))))
    document["benchmark"] |= {"questions": len({one.qid for one in kept}), "clips": len({one.clip for one in kept})}
    forge(path, document)


def forge_identity(path: Path, **changed: Any) -> None:
    """The same, with other settings and the run id that follows from them."""
    document = document_of(path)
    document["identity"] |= changed
    document["run"] = f"{document['run'].rpartition('-')[0]}-{fingerprint(document['identity'])[:12]}"
    document["benchmark"]["sha256"] = document["identity"]["benchmark"]
    forge(path, document)
