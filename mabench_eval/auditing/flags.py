"""The flags of an audit as a file, for ``run --flags``; :mod:`mabench_eval.scoring.flagged` reads it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from mabench_eval.auditing.run import Audit
from mabench_eval.errors import InputError
from mabench_eval.journal import write_json
from mabench_eval.scoring import text_fingerprint


def write_flags(result: Audit, path: Path) -> None:
    """Write the flags of an audit. Raises InputError."""
    document = {
        "benchmark": result.document()["benchmark"],
        "probe": result.probe,
        "questions": {
            question.qid: {"text": text_fingerprint(question), **asdict(result.flags[question.qid])}
            for question in result.benchmark.questions
        },
    }
    try:
        write_json(path, document)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
