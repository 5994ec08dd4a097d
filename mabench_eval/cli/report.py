"""``mabench-eval report``: a finished run as one HTML file."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_line
from mabench_eval.errors import InputError
from mabench_eval.journal import write_text
from mabench_eval.pages import report_page


def report(options: Namespace) -> int:
    """Write the page."""
    file = options.output or options.run / "report.html"
    page = report_page(options.run, options.frames)
    try:
        write_text(file, page)
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror or error}") from error
    print_line(f"wrote {file} ({len(page.encode()) / 1e6:.1f} MB)")
    return 0
