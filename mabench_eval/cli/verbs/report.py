"""Write a finished run as one HTML file that loads nothing.

Scores as tables and charts, and every question with its prompt, answer, reference and verdict. It reads the question
file again.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_line, writing
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import RUN, Option

OPTIONS = (
    RUN,
    Option("-o --output FILE", "the page (default: RUN/report.html)", type=Path),
    Option(
        "--frames",
        "thumbs: small pictures of the frames, for a page of your own: clips may not be redistributed (default: none)",
        choices=("none", "thumbs"),
        default="none",
    ),
)


def run(options: Namespace) -> int:
    """Write the page."""
    from mabench_eval.journal import write_text
    from mabench_eval.pages import report_page

    file = options.output or options.run / "report.html"
    page = report_page(options.run, options.frames)
    with writing(file):
        write_text(file, page)
    print_line(f"wrote {file} ({len(page.encode()) / 1e6:.1f} MB)")
    return DONE
