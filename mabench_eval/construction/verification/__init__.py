"""Questions checked before people see them: by rules, and by models that are not told the answer."""

from mabench_eval.construction.verification.report import Figure, RoleState, TaskCounts, VerifyReport
from mabench_eval.construction.verification.rows import Verdict, Verification
from mabench_eval.construction.verification.stage import forecast_verification, verify_questions

__all__ = [
    "Figure",
    "RoleState",
    "TaskCounts",
    "Verdict",
    "Verification",
    "VerifyReport",
    "forecast_verification",
    "verify_questions",
]
