"""Review the questions of a build in a browser, on a page that a local server gives.

Each question is answered blind first; then its own answer, the tracks and what it
rests on are shown, and the reviewer accepts it, corrects the answer, rewords it or
drops it, with a reason. Keys are enough. Everything is on disk at once, in
DIR/reviews/NAME.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_problems, print_table, writing
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE
from mabench_eval.cli.outputs import output_file
from mabench_eval.cli.shared_options import JSON, Group, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mabench_eval.construction import BuildFolder
    from mabench_eval.construction.decisions import TakenIn
    from mabench_eval.stats import AgreementFigure, NominalAgreement

EXAMPLES = """\
examples:
  mabench-eval review mine --reviewer anna            all; Ctrl-C ends it
  mabench-eval review mine --reviewer anna,ben --overlap 0.2
  mabench-eval review mine --reviewer anna --round 2  what reviewers dispute
  mabench-eval review mine                            how far it is, agreement
  mabench-eval review mine --html review.html         for those without a shell
  mabench-eval review mine --merge review-anna.json   ... and the way back
  mabench-eval review mine --export label-studio tasks.json
  mabench-eval review mine --import label-studio export.json --reviewer anna

The server listens on 127.0.0.1 alone. On a machine that you reach by ssh, forward
the port: the command says how. docs/review.md tells the rest.
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
        Option("--html FILE", "write the page with all questions as one HTML file", type=output_file),
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


def _serve(folder: BuildFolder, options: Namespace) -> int:
    """Serve until Ctrl-C, and say how far everybody is."""
    from contextlib import ExitStack

    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.reviewing import ReviewMaterial, ReviewServer, ReviewSession

    names = list(dict.fromkeys(filter(None, (name.strip() for name in options.reviewer.split(",")))))
    if not names:
        raise InputError("--reviewer: a name, or several with commas between")
    material = ReviewMaterial(folder, load_catalogue().check().tasks)
    with ExitStack() as opened:
        sessions = []
        for name in names:
            session = ReviewSession(material, name, options.round, overlap=options.overlap)
            opened.callback(session.close)
            sessions.append(session)
        server = ReviewServer(sessions, options.port)
        opened.callback(server.close)
        print_addresses(server.addresses, server.port, open_browser=not options.no_browser)
        try:
            server.wait()
        except KeyboardInterrupt:
            print_line()
        reviewed = [session.reviewed() for session in sessions]
    for each in reviewed:
        acts = ", ".join(f"{count} {act}" for act, count in sorted(each.acts.items()))
        done = f"{each.done} of {each.total} questions of round {each.round} decided"
        print_out(f"{each.name}: {done}{f' ({acts})' if acts else ''}")
    print_line(f"how far reviewers agree: mabench-eval review {_quoted(folder.path)}")
    return DONE


def print_addresses(addresses: Mapping[str, str], port: int, *, open_browser: bool) -> None:
    """Where the pages are, and how to get there from elsewhere."""
    import os
    import webbrowser

    for name, address in addresses.items():
        print_out(f"{name}: {address}")
    print_line("Whoever has an address can answer in its name. Everything is saved at once.")
    print_line("From another machine open the same address there, after:")
    print_line(f"  ssh -L {port}:127.0.0.1:{port} THIS-MACHINE")
    print_line("Ctrl-C ends it.")
    over_ssh = "SSH_CONNECTION" in os.environ
    if open_browser and len(addresses) == 1 and not over_ssh:
        webbrowser.open(next(iter(addresses.values())))


def _state(folder: BuildFolder, options: Namespace) -> int:
    """How far the review is, and how far reviewers agree."""
    from mabench_eval.construction.decisions import review_report
    from mabench_eval.runfiles import to_json

    report = review_report(folder)
    if options.json:
        print_json(to_json(report))
        return DONE
    for warning in report.warnings:
        print_line(warning)
    print_out(f"{folder.path}: {report.reviewed} of {report.questions} questions reviewed")
    for name, acts in report.by_reviewer.items():
        told = ", ".join(f"{count} {act}" for act, count in acts.items()) or "nothing decided yet"
        print_out(f"  {name}: {told}")
    print_out(
        f"{report.corrected} corrected, {report.reworded} in new words, {report.dropped} dropped, "
        f"{report.disputed} disputed"
    )
    rows = [
        [task.task, what, str(found.items), *map(_figure, (found.exact, *_kappas(found)))]
        for task in report.agreement
        for what, found in (("blind", task.blind), ("decisions", task.decisions))
        if found.items
    ]
    if rows:
        print_table(["Agreement", "of", "n", "same %", "kappa", "alpha"], rows, text_columns=2)
    if report.accuracy:
        rows = [[each.task, each.reviewer, str(each.n), _figure(each.accuracy)] for each in report.accuracy]
        print_table(["Blind accuracy", "reviewer", "n", "right %"], rows, text_columns=2)
    if report.disputed:
        print_line(f"next: mabench-eval review {_quoted(folder.path)} --reviewer NAME --round 2")
    return DONE


def _kappas(found: NominalAgreement) -> tuple[AgreementFigure, AgreementFigure]:
    """Cohen's of two, Fleiss's of more; and alpha."""
    common = [pair for pair in found.pairs if pair.n]
    return (common[0].kappa if len(common) == 1 else found.kappa), found.alpha


def _figure(figure: AgreementFigure) -> list[str] | str:
    if figure.value is None:
        return "-"
    digits = 1 if abs(figure.value) > 1 else 2
    if figure.low is None or figure.high is None:
        return f"{figure.value:.{digits}f}"
    return [f"{figure.value:.{digits}f}", f"{figure.low:.{digits}f} to {figure.high:.{digits}f}"]


def _write_page(folder: BuildFolder, options: Namespace) -> int:
    """Write the one-file page."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.journal import write_text
    from mabench_eval.reviewing import ReviewMaterial, one_file_page

    material = ReviewMaterial(folder, load_catalogue().check().tasks)
    page = one_file_page(
        material,
        options.html,
        reviewer=options.reviewer,
        round_=options.round,
        overlap=options.overlap,
        clips=options.clips,
    )
    with writing(options.html):
        write_text(options.html, page)
    inside = "answers and clips" if options.clips == "embed" else "the answers"
    print_line(f"wrote {options.html} ({len(page.encode()) / 1e6:.1f} MB); {inside} are in it")
    print_line(f"the way back: mabench-eval review {_quoted(folder.path)} --merge FILE...")
    return DONE


def _merge(folder: BuildFolder, options: Namespace) -> int:
    """Take in what pages downloaded."""
    from mabench_eval.reviewing import merge_review

    taken = []
    for file in options.merge:
        taken.append(merge_review(folder, file))
        _print_taken(taken[-1], str(file))
    return _end_taking(taken, options)


def _export(folder: BuildFolder, options: Namespace) -> int:
    """Write tasks and configuration for Label Studio."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.journal import write_json, write_text
    from mabench_eval.reviewing import CONFIGURATION, ReviewMaterial, label_studio_tasks

    file = output_file(str(_label_studio_file(options.export, "--export")))
    tasks = label_studio_tasks(ReviewMaterial(folder, load_catalogue().check().tasks))
    configuration = file.with_suffix(".xml")
    with writing(file):
        write_json(file, tasks)
        write_text(configuration, CONFIGURATION)
    print_line(f"wrote {file}: {len(tasks)} tasks, with their answers")
    print_line(f"wrote {configuration}: the labelling configuration")
    print_line("Label Studio serves the clips itself; docs/review.md says how.")
    return DONE


def _import(folder: BuildFolder, options: Namespace) -> int:
    """Take in an export of Label Studio."""
    from mabench_eval.reviewing import take_label_studio

    file = _label_studio_file(options.taken, "--import")
    taken = take_label_studio(folder, file, options.reviewer, options.round)
    for each in taken:
        _print_taken(each, str(file))
    return _end_taking(taken, options)


def _label_studio_file(given: Sequence[str], name: str) -> Path:
    form, file = given
    if form != "label-studio":
        raise InputError(f"{name} {form}: the only form is label-studio")
    return Path(file)


def _print_taken(taken: TakenIn, file: str) -> None:
    blinds = f"{taken.blinds} blind answer{'' if taken.blinds == 1 else 's'}"
    decisions = f"{taken.decisions} decision{'' if taken.decisions == 1 else 's'}"
    print_out(f"{file}: {taken.reviewer}: {blinds} and {decisions} are new")
    others = (
        (taken.known, "were there already"),
        (taken.kept, "left out: what is there came first (blind answers) or later (decisions)"),
        (taken.unknown, "left out: on questions that this build does not have, or in other words"),
    )
    for count, what in others:
        if count:
            print_out(f"  {count} {what}")
    print_problems(taken.problems, "they are left out")


def _end_taking(taken: Sequence[TakenIn], options: Namespace) -> int:
    if options.json:
        from dataclasses import asdict

        print_json([asdict(each) for each in taken])
    return INCOMPLETE if any(each.problems for each in taken) else DONE


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))
