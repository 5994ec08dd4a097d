"""Room mabench_eval/planning."""

from mabench_eval.planning.config import JUDGE_FLAGS, SETTING_FLAGS, STARTER_KIT, RunConfig, judge_words, setting_words
from mabench_eval.planning.forecast import forecast_run
from mabench_eval.planning.plan import PlannedClip, Scope, make_plan, parse_shard
from mabench_eval.planning.preflight import prepare
from mabench_eval.planning.prompts import official_layout, with_prompts
from mabench_eval.planning.reuse import copy_records, remaining_budget, unanswered_clips
from mabench_eval.planning.run import Run, folder_name, open_questions, run_id, shots_identity
from mabench_eval.planning.shots import Choose, choose_shots, no_shots

__all__ = [
    "JUDGE_FLAGS",
    "SETTING_FLAGS",
    "STARTER_KIT",
    "Choose",
    "PlannedClip",
    "Run",
    "RunConfig",
    "Scope",
    "choose_shots",
    "copy_records",
    "folder_name",
    "forecast_run",
    "judge_words",
    "make_plan",
    "no_shots",
    "official_layout",
    "open_questions",
    "parse_shard",
    "prepare",
    "remaining_budget",
    "run_id",
    "setting_words",
    "shots_identity",
    "unanswered_clips",
    "with_prompts",
]
