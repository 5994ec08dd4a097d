"""What can be evaluated, by whom, judged by whom: tasks, models and judges as cards."""

from mabench_eval.catalogue.cards import EnvironmentCard, JudgeCard, ModelCard, TaskCard
from mabench_eval.catalogue.catalogue import Catalogue, builtin_folder, find_card, load_catalogue
from mabench_eval.catalogue.selection import select_tasks

__all__ = [
    "Catalogue",
    "EnvironmentCard",
    "JudgeCard",
    "ModelCard",
    "TaskCard",
    "builtin_folder",
    "find_card",
    "load_catalogue",
    "select_tasks",
]
