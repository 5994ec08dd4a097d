"""Texts asked of a model by a stage of a build: read strictly, asked once more where they cannot be read, paid once.

A reply is a record in the build's journal, under a key made of all that it depends on. So a stage that was cut off, or
whose reader has changed, reads the replies that are there, and asks for the others.
"""

from mabench_eval.construction.asking.asks import Ask, AskForecast, Told, UnreadableError, read_as
from mabench_eval.construction.asking.costs import RoleCost, open_budget, role_costs
from mabench_eval.construction.asking.roles import ROLES, Role, check_models, choose_model, role_model
from mabench_eval.construction.asking.rounds import SAMPLING
from mabench_eval.construction.asking.text_model import TextModel

__all__ = [
    "ROLES",
    "SAMPLING",
    "Ask",
    "AskForecast",
    "Role",
    "RoleCost",
    "TextModel",
    "Told",
    "UnreadableError",
    "check_models",
    "choose_model",
    "open_budget",
    "read_as",
    "role_costs",
    "role_model",
]
