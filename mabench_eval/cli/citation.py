"""How to cite the benchmark and this library: CITATION.cff as BibTeX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

KEY = "li2026mabench"


def bibtex() -> str:
    """Two entries: the paper, and the library with its version."""
    from mabench_eval.catalogue import builtin_folder
    from mabench_eval.parsing import read_yaml

    cited: Mapping[str, Any] = read_yaml(builtin_folder() / "CITATION.cff").value
    paper = cited["preferred-citation"]
    return "\n\n".join(
        (
            _entry(
                "inproceedings",
                KEY,
                {
                    "title": f"{{{paper['title']}}}",
                    "author": _names(paper["authors"]),
                    "booktitle": paper["collection-title"],
                    "year": paper["year"],
                    "url": paper["url"],
                },
            ),
            _entry(
                "software",
                "mabench_eval",
                {
                    "title": f"{{{cited['title']}}}",
                    "author": _names(cited["authors"]),
                    "version": cited["version"],
                    "license": cited["license"],
                },
            ),
        )
    )


def _names(authors: Sequence[Mapping[str, str]]) -> str:
    return " and ".join(
        f"{{{author['name']}}}" if "name" in author else f"{author['family-names']}, {author['given-names']}"
        for author in authors
    )


def _entry(kind: str, key: str, fields: Mapping[str, object]) -> str:
    lines = (f"  {name} = {{{value}}}," for name, value in fields.items())
    return "\n".join((f"@{kind}{{{key},", *lines, "}"))
