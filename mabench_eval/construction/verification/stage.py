"""``verify``: questions checked by rules, and by models that are not told the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from mabench_eval.benchmark import usable_clips
from mabench_eval.catalogue import Catalogue
from mabench_eval.construction import captions, questions
from mabench_eval.construction.asking import (
    AskForecast,
    Role,
    RoleCost,
    TextModel,
    check_models,
    open_budget,
    role_costs,
    role_model,
)
from mabench_eval.construction.folder import VERIFIED, BuildFolder, write_rows, write_settings
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.units import Unit, do_alone, is_done
from mabench_eval.construction.verification.evidence import Evidence
from mabench_eval.construction.verification.models import MANNERS, NO_REPLY, RoleAsks, verdict_of
from mabench_eval.construction.verification.report import RoleState, VerifyReport, make_report
from mabench_eval.construction.verification.rows import SCHEMA, Verdict, Verification
from mabench_eval.construction.verification.rules import check_questions
from mabench_eval.journal import Budget, Journal, Progress, Records, Silent, file_digest, fingerprint, read_journal
from mabench_eval.runfiles import each_line
from mabench_eval.types import Clip

DISAGREES = "verifier disagrees"
"""Why a question is left out that the rules have nothing against."""
RULES = "rules"
NOTHING_LEFT = AskForecast(0, 0.0)


def verify_questions(
    folder: BuildFolder, catalogue: Catalogue, max_cost: float | None, progress: Progress
) -> VerifyReport:
    """Check every question by the rules, and ask the models of the folder's settings what they have not been asked.

    Args:
        folder: Its settings name the models.
        catalogue: Where their cards are.
        max_cost: US dollars that they may cost together, what they have cost before included; None: no limit.
        progress: Listens.

    Raises:
        InputError: There are no questions, or something is missing to ask a model; nothing was asked.
        ModelError: A model cannot go on at all. What it answered is kept.
        JournalError: The folder is in use by another process, or cannot be written.
    """
    work = _prepare(folder, catalogue)
    with Journal(folder.path) as journal:
        if is_done(work.unit, folder.path, journal.records):
            write_settings(folder.path, folder.settings)
            return _report(work, journal.records, {})

        budget = open_budget(max_cost, tuple(work.models), journal.records)
        check_models(work.models.values(), budget)
        write_settings(folder.path, folder.settings)
        for warning in (
            *journal.records.warnings,
            *(line for each in work.models.values() for line in each.warnings()),
        ):
            progress.note(warning)
        work.check(progress)
        missing = {role: _ask(work, role, journal, budget, progress) for role in work.models}

        def write() -> None:
            write_rows(folder.path / VERIFIED, work.verifications())

        if any(missing.values()):
            write()
        else:
            do_alone(work.unit, folder.path, journal, write)
        asks = {role: work.asks(role) for role, left in missing.items() if left}
        left = {role: work.models[role].forecast(asks[role], journal.records) for role in asks}
        return _report(work, journal.records, left)


def forecast_verification(folder: BuildFolder, catalogue: Catalogue) -> VerifyReport:
    """Where it stands, and what there is to ask, by the journal and the files alone: nothing is locked or written.

    What the models have answered counts in ``models``; the other counts are those of the rules alone, unless
    verification is complete. Raises InputError.
    """
    work, records = _prepare(folder, catalogue), read_journal(folder.path)
    if is_done(work.unit, folder.path, records):
        return _report(work, records, {})
    work.check(Silent())
    left = {role: model.forecast(work.asks(role), records) for role, model in work.models.items()}
    return _report(work, records, left, complete=False)


@dataclass(frozen=True, slots=True)
class _Work:
    """What there is to do."""

    folder: BuildFolder
    evidence: Evidence
    models: Mapping[Role, TextModel]
    unit: Unit
    """Of all verdicts: done where every one is there."""
    said: dict[str, list[Verdict]] = field(default_factory=lambda: defaultdict(list))
    """Question -> what is said of it, the rules' word first."""

    def check(self, progress: Progress) -> None:
        """The rules."""
        progress.stage(RULES, len(self.evidence.questions), 0)
        for clip in self.evidence.clips():
            for question, verdict in check_questions(clip):
                self.said[question.qid].append(verdict)
                progress.advance(RULES)

    def asks(self, role: Role) -> RoleAsks:
        """What a model is asked: nothing of questions that the rules reject."""
        left_out = {qid for qid, verdicts in self.said.items() if verdicts[0].finding == "contradicts"}
        clips = _clip_files(self.folder, self.evidence) if role == "see" else {}
        return RoleAsks(role, self.evidence, self.folder.settings.sides, left_out, clips)

    def verifications(self) -> Iterator[Verification]:
        """In the questions' order."""
        return (_verification(question, self.said[question.qid]) for question in self.evidence.questions)


def _prepare(folder: BuildFolder, catalogue: Catalogue) -> _Work:
    models = {role: model for role in MANNERS if (model := role_model(folder.settings, role, catalogue)) is not None}
    evidence = Evidence(folder)
    depends = {
        "schema": SCHEMA,
        "code": _code_identity(),
        "inputs": evidence.digests,
        "models": {role: model.identity for role, model in models.items()},
    }
    return _Work(folder, evidence, models, Unit("verify", "", depends, VERIFIED, None))


def _ask(work: _Work, role: Role, journal: Journal, budget: Budget, progress: Progress) -> int:
    """Have a model answer; how many questions are left without a reply."""
    model, asks = work.models[role], work.asks(role)
    by_qid = {question.qid: question for question in work.evidence.questions}
    name, missing = f"{role} {model.name}", 0
    progress.stage(name, len(asks), 0)
    with closing(model.ask(asks, journal, budget, progress.note)) as told:
        for each in told:
            question = by_qid[each.ask.about]
            work.said[question.qid].append(verdict_of(each, question, model, MANNERS[role]))
            missing += each.error is not None
            progress.advance(name, each.error and f"{question.qid}: {each.error}")
    for question, why in asks.not_shown():
        work.said[question.qid].append(Verdict(MANNERS[role], model.name, "not verified", None, NO_REPLY))
        missing += 1
        progress.advance(name, why)
    return missing


def _verification(question: BuiltQuestion, verdicts: list[Verdict]) -> Verification:
    """What follows from all that is said."""
    rejected = None
    priority = 0.0
    for verdict in verdicts:
        contradicts = verdict.finding == "contradicts"
        if verdict.manner == "rules" and contradicts:
            rejected = verdict.reason
        elif verdict.manner == "descriptor" and contradicts:
            rejected = rejected or DISAGREES
        elif verdict.manner == "frames" and contradicts:
            priority += 1.0
        elif verdict.manner in ("rules", "descriptor") and verdict.finding == "not verified":
            priority += 0.25
    return Verification(SCHEMA, question.qid, question.digest, tuple(verdicts), rejected, priority)


def _report(
    work: _Work, records: Records, left: Mapping[Role, AskForecast], *, complete: bool | None = None
) -> VerifyReport:
    """``left``: what is missing of a role; nothing where it is not there. Then ``verified.jsonl`` has all verdicts."""
    spent = role_costs(records) if work.models else {}
    states = {
        role: RoleState(
            model.name,
            (forecast := left.get(role, NOTHING_LEFT)).calls,
            forecast.most_usd,
            spent.get(role, RoleCost()),
        )
        for role, model in work.models.items()
    }
    found = work.verifications() if work.said else _written(work.folder)
    return make_report(work.evidence.questions, found, states, complete=not left if complete is None else complete)


def _written(folder: BuildFolder) -> Iterator[Verification]:
    return each_line(Verification, folder.path / VERIFIED, f"mabench-eval build {folder.path} verify writes it anew.")


def _clip_files(folder: BuildFolder, evidence: Evidence) -> dict[str, Clip | str]:
    """Clip -> its file as it was when it was taken in, or why it cannot be shown."""
    found, _ = usable_clips(list(evidence.rows), Path(folder.settings.clips))
    files: dict[str, Clip | str] = {}
    for name, row in evidence.rows.items():
        clip = found.get(name)
        if clip is None:
            files[name] = f"{row.file} cannot be read"
        else:
            files[name] = clip if clip.sha256 == row.sha256 else f"{row.file} was changed since `init`: run that again"
    return files


def _code_identity() -> str:
    """Of the code that verdicts of the rules rest on; replies have keys of their own."""
    rooms = [Path(str(room.__file__)).parent for room in (captions, questions)] + [Path(__file__).parent]
    files = sorted(file for room in rooms for file in room.rglob("*") if file.suffix in (".py", ".yaml"))
    return fingerprint([[file.name, file_digest(file)] for file in files])
