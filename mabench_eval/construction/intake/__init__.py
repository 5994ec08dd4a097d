"""``init``: clips, labels and the taxonomy taken in."""

from mabench_eval.construction.intake.actions import Action, Actions, read_actions
from mabench_eval.construction.intake.stage import Intake, init_build

__all__ = ["Action", "Actions", "Intake", "init_build", "read_actions"]
