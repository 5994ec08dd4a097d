"""Review the questions of a build in a browser: on this machine alone, by a page that a local server gives.

Each question is answered blind first; then its own answer, the tracks and what it rests on are shown, and the reviewer
accepts it, corrects the answer, rewords it or drops it, with a reason. Keys are enough. Everything is on disk at once,
in DIR/reviews/NAME.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.shared_options import JSON, Group, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    pass

EXAMPLES = """\
examples:
  mabench-eval review mine --reviewer anna                  all questions; prints an address, Ctrl-C ends it
  mabench-eval review mine --reviewer anna,ben --overlap 0.2
  mabench-eval review mine --reviewer anna --round 2        what reviewers dispute; 3: adjudication
  mabench-eval review mine                                  how far it is, and how far reviewers agree
  mabench-eval review mine --html review.html               one file, for reviewers without a shell ...
  mabench-eval review mine --merge review-anna.json         ... and the way back
  mabench-eval review mine --export label-studio tasks.json
  mabench-eval review mine --import label-studio export.json --reviewer anna

The server listens on 127.0.0.1 alone. On a machine that you reach by ssh, forward the port: the command says how.
"""
OPTIONS = (
    Option("dir DIR", "folder of the benchmark under construction", type=Path),
    Option("--reviewer NAME[,NAME]", "who reviews; each name gets an address of its own"),
    Option("--round N", "1: all (default), 2: what two reviewers dispute, 3: adjudication", type=int, default=1),
    Option(
        "--overlap SHARE",
        "share of the questions that every reviewer is shown, 0-1; of the others those on which nobody else has "
        "decided (default: 1, all)",
        type=float,
        default=1.0,
    ),
    Option("--port P", "of 127.0.0.1 (default: one that is free)", type=int, default=0),
    Option("--no-browser", "open no browser"),
    Group(
        "without a server",
        Option("--html FILE", "write the page with all questions as one HTML file", type=Path),
        Option(
            "--clips FORM",
            "of --html: embed them (default), or link to their files, by paths from the page's folder",
            choices=("embed", "link"),
            default="embed",
        ),
        Option("--merge FILE", "take in what such pages downloaded", type=Path, nargs="+"),
        Option("--export FORM FILE", "write the questions for label-studio, and its configuration beside them"),
        Option("--import FORM FILE", "take in what label-studio exported (JSON)", dest="taken"),
    ),
    JSON,
)


def run(options: Namespace) -> int:
    """Serve the page, write or read a file, or say how far the review is."""
    from mabench_eval.construction import open_build

    folder = open_build(options.dir)
    ways = {"--html": options.html, "--merge": options.merge, "--export": options.export, "--import": options.taken}
    given = [name for name, value in ways.items() if value]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)}: one at a time")
    if options.html:
        return _write_page(folder, options)
    if options.merge:
        return _merge(folder, options)
    if options.export:
        return _export(folder, options)
    if options.taken:
        return _import(folder, options)
    return _serve(folder, options) if options.reviewer else _state(folder, options)
