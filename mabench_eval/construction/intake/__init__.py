"""``init``: clips, labels and the taxonomy taken in."""

from mabench_eval.construction.intake.stage import Intake, init_build

__all__ = ["Intake", "init_build"]
