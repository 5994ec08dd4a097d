"""A run before it starts: its choices, checks and prompts, the plan of its requests, what is reused, what it costs.

What enters decides what will be asked; nothing here asks a model or a judge.
"""

from mabench_eval.planning.config import (
    JUDGE_FLAGS,
    SETTING_FLAGS,
    STARTER_KIT,
    RunConfig,
    judge_arguments,
    setting_arguments,
)
from mabench_eval.planning.forecast import forecast_run
from mabench_eval.planning.plan import PlannedClip, clips_in_scope, make_plan, parse_shard
from mabench_eval.planning.preflight import prepare
from mabench_eval.planning.prompts import official_layout, with_prompts
from mabench_eval.planning.reuse import remaining_budget, take_over, unanswered_clips
from mabench_eval.planning.run import Run, folder_name, open_questions, run_id, shots_identity
from mabench_eval.planning.shots import ChooseShots, choose_shots, no_shots

__all__ = [
    "JUDGE_FLAGS",
    "SETTING_FLAGS",
    "STARTER_KIT",
    "ChooseShots",
    "PlannedClip",
    "Run",
    "RunConfig",
    "choose_shots",
    "clips_in_scope",
    "folder_name",
    "forecast_run",
    "judge_arguments",
    "make_plan",
    "no_shots",
    "official_layout",
    "open_questions",
    "parse_shard",
    "prepare",
    "remaining_budget",
    "run_id",
    "setting_arguments",
    "shots_identity",
    "take_over",
    "unanswered_clips",
    "with_prompts",
]
