"""Write a finished run as one HTML file that loads nothing.

Scores as tables and charts, and every question with its prompt, answer, reference and verdict. All of it is in the
run's folder, but for the clips.
"""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_line, writing
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_file
from mabench_eval.cli.shared_options import EARLY_RUN, RUN, RUN_CLIPS, Option

OPTIONS = (
    RUN,
    Option("-o --output FILE", "the page (default: RUN/report.html)", type=output_file),
    Option(
        "--frames",
        "thumbs: small pictures of the frames, for a page of your own: clips may not be redistributed (default: none)",
        choices=("none", "thumbs"),
        default="none",
    ),
    RUN_CLIPS,
    *EARLY_RUN,
)


def run(options: Namespace) -> int:
    """Write the page."""
    from mabench_eval.journal import write_text
    from mabench_eval.pages import report_page
    from mabench_eval.runs import read_run

    file = options.output or options.run / "report.html"
    finished = read_run(options.run, data=options.data, clips=options.clips, include=options.include)
    if options.frames == "thumbs" and finished.record.frames and not finished.clip_folder.is_dir():
        print_line(f"no pictures: there is no clip folder {finished.clip_folder}; name it with --clips DIR")
    page = report_page(finished, options.frames)
    with writing(file):
        write_text(file, page)
    print_line(f"wrote {file} ({len(page.encode()) / 1e6:.1f} MB)")
    return DONE
