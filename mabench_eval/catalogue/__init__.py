"""What can be evaluated, by whom, judged by whom: tasks, models and judges, and who tracks clips, as cards."""

from mabench_eval.catalogue.cards import (
    LOCAL_ENGINES,
    EnvironmentCard,
    JudgeCard,
    ModelCard,
    TaskCard,
    TrackerCard,
    environments_of,
)
from mabench_eval.catalogue.catalogue import PACKAGE, Catalogue, builtin_folder, load_catalogue
from mabench_eval.catalogue.modules import MODULE, code_files, companion_modules
from mabench_eval.catalogue.plugins import code_beside, import_file, is_package
from mabench_eval.catalogue.registry import (
    REGISTRY,
    Registration,
    register_judge,
    register_model,
    register_object,
    register_tracker,
)
from mabench_eval.catalogue.schema import read_card, settings_of
from mabench_eval.catalogue.selection import (
    ENDPOINT,
    HUB,
    HUMAN_MODEL,
    REPOSITORY,
    checkpoint_card,
    endpoint_model_id,
    find_card,
    is_checkpoint,
    select_for_role,
    select_model,
    select_tasks,
)

__all__ = [
    "ENDPOINT",
    "HUB",
    "HUMAN_MODEL",
    "LOCAL_ENGINES",
    "MODULE",
    "PACKAGE",
    "REGISTRY",
    "REPOSITORY",
    "Catalogue",
    "EnvironmentCard",
    "JudgeCard",
    "ModelCard",
    "Registration",
    "TaskCard",
    "TrackerCard",
    "builtin_folder",
    "checkpoint_card",
    "code_beside",
    "code_files",
    "companion_modules",
    "endpoint_model_id",
    "environments_of",
    "find_card",
    "import_file",
    "is_checkpoint",
    "is_package",
    "load_catalogue",
    "read_card",
    "register_judge",
    "register_model",
    "register_object",
    "register_tracker",
    "select_for_role",
    "select_model",
    "select_tasks",
    "settings_of",
]
