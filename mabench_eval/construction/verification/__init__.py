"""Questions checked before people see them: by rules, and by models that are not told the answer."""

from mabench_eval.construction.verification.rows import Verdict, Verification

__all__ = ["Verdict", "Verification"]
"""The stage itself is `mabench_eval.construction.verification.stage`."""
