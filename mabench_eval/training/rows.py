"""Conversations as files: plain rows, LLaMA-Factory's form, and a table for ``datasets``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from mabench_eval.construction import Table, write_table
from mabench_eval.journal import write_json, write_json_lines
from mabench_eval.training.conversations import Conversation
from mabench_eval.types import Clip, Json

NAME = "ma_bench_train"
"""Of the dataset in ``dataset_info.json``."""
COLUMNS: Mapping[str, Literal["string", "list"]] = MappingProxyType(
    {
        "clip": "string",
        "sha256": "string",
        "task": "string",
        "system": "string",
        "question": "string",
        "answer": "string",
        "video": "list",
    }
)
"""Of the plain form."""
PLAIN, SHAREGPT, INFO = "train.jsonl", "sharegpt.jsonl", "dataset_info.json"
TAGS: Mapping[str, str] = MappingProxyType(
    {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    }
)


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a corpus. They are made anew whenever they are gone through: no form of them is held."""

    talks: Callable[[], Iterator[Conversation]]
    shown: Mapping[str, list[str]]
    """Clip -> its pictures, or the clip itself, below the corpus."""
    clips: Mapping[str, Clip]
    depends: list[Any]
    """How pictures were taken: part of the corpus's hash."""

    def plain(self) -> Iterator[Json]:
        """A flat row a conversation."""
        for talk in self.talks():
            yield {
                "clip": talk.clip,
                "sha256": self.clips[talk.clip].sha256,
                "task": talk.task,
                "system": talk.system,
                "question": talk.user,
                "answer": talk.answer,
                "video": self.shown[talk.clip],
            }

    def sharegpt(self) -> Iterator[Json]:
        """As LLaMA-Factory takes them: a video is a list of pictures, or one path."""
        for talk in self.talks():
            files = self.shown[talk.clip]
            yield {
                "messages": [
                    {"role": "system", "content": talk.system},
                    {"role": "user", "content": f"<video>{talk.user}"},
                    {"role": "assistant", "content": talk.answer},
                ],
                "videos": files if files[0].startswith("clips/") else [files],
            }

    def write(self, folder: Path) -> str:
        """Write both forms of JSON lines; the corpus's hash. Raises OSError."""
        digest = hashlib.sha256(json.dumps(self.depends).encode("ascii"))

        def hashed() -> Iterator[Json]:
            for row in self.plain():
                digest.update(json.dumps(row, sort_keys=True).encode("ascii"))
                yield row

        write_json_lines(folder / PLAIN, hashed())
        write_json_lines(folder / SHAREGPT, self.sharegpt())
        columns = {"messages": "messages", "videos": "videos"}
        info = {"file_name": SHAREGPT, "formatting": "sharegpt", "columns": columns, "tags": dict(TAGS)}
        write_json(folder / INFO, {NAME: info})
        return digest.hexdigest()

    def write_dataset(self, folder: Path, name: str) -> None:
        """Write the plain rows as a table that ``datasets`` opens. Raises InputError where pyarrow is missing."""
        about = [
            f"A training corpus made of {name}: questions on clips of human movement, with the answers to learn.",
            "",
            "    import datasets",
            '    rows = datasets.load_dataset("THIS FOLDER", split="train")',
            "",
            "`video` holds the clip's pictures, or the clip, as paths below the folder that this one lies in.",
        ]
        write_table(folder, Table(name, "train", COLUMNS, None, about), self.plain())
