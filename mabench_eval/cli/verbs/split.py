"""Split a labelled question file in two, so that no person (or no clip) is on both sides.

Writes train.json and test.json into DIR, rows as they are and in their order. Labels are in both parts in equal shares,
as nearly as whole people allow.
"""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.shared_options import JSON, Option

EXAMPLES = """\
examples:
  mabench-eval split labelled.json -o parts --by person --share 0.8
  mabench-eval --model NAME --data parts/test.json --shots 2 \\
      --shots-data parts/train.json
  mabench-eval export-train parts/train.json -o corpus --exclude parts/test.json

A person is found in the clip's name: MA-52's `0030_01_0002` is of person 0030. Other names: --subjects REGEX, whose
first group, or all that it matches, is the person; or a column `subject` of the file. A clip that tells nobody counts
as a person of its own.
"""
OPTIONS = (
    Option("file FILE", "labelled question file, or a folder with one"),
    Option("-o --output DIR", "folder of the two parts", type=output_folder, required=True),
    Option(
        "--by GROUP",
        "what may not be on both sides: person (default) or clip",
        choices=("person", "clip"),
        default="person",
    ),
    Option("--share SHARE", "of the clips that go to train.json (default: 0.8)", type=float, default=0.8),
    Option("--subjects REGEX", "finds the person in a clip's name (default: MA-52's)"),
    Option("--seed SEED", "seed of the draw (default: 0)", type=int, default=0),
    JSON,
)


def run(options: Namespace) -> int:
    """Write both parts and say what is in them."""
    from mabench_eval.benchmark import MA52, PersonRule
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.console import writing
    from mabench_eval.training import split_file

    tasks = load_catalogue(()).check().tasks
    persons = PersonRule(options.subjects or MA52)
    with writing(options.output):
        report = split_file(options.file, tasks, options.by, options.share, options.seed, persons, options.output)

    if options.json:
        from dataclasses import asdict

        print_json({**asdict(report), "files": [str(file) for file in report.files]})
        return DONE
    group = "People" if options.by == "person" else "Groups"
    print_table(
        ["File", group, "Clips", "Questions", "Actions"],
        [
            [str(file), *map(str, counts)]
            for file, *counts in zip(
                report.files, report.groups, report.clips, report.questions, report.labels, strict=True
            )
        ],
    )
    if report.nameless:
        print_line(f"{report.nameless} clip names tell nobody: each counts as a person of its own (--subjects REGEX)")
    return DONE
