"""A run before it starts: its choices, checks and prompts, the plan of its requests, what is reused, what it costs.

What enters decides what will be asked; nothing here asks a model or a judge.
"""

from mabench_eval.planning.batches import batch_warnings, use_batches
from mabench_eval.planning.config import (
    JUDGE_FLAGS,
    SETTING_FLAGS,
    STARTER_KIT,
    RunConfig,
    endpoint_flags,
    judge_arguments,
    setting_arguments,
)
from mabench_eval.planning.forecast import BatchForecast, forecast_run
from mabench_eval.planning.plan import NO_KEY, Plan, PlannedClip, clips_in_scope, make_plan, parse_shard
from mabench_eval.planning.preflight import prepare
from mabench_eval.planning.prompts import QUESTION, official_layout, user_prompt, with_prompts
from mabench_eval.planning.reuse import remaining_budget, take_over, unanswered_clips
from mabench_eval.planning.run import (
    Run,
    answer_basis,
    folder_name,
    open_questions,
    run_id,
    run_identity,
    shots_identity,
)
from mabench_eval.planning.shots import NO_SHOTS, Example, Examples, choose_shots

__all__ = [
    "JUDGE_FLAGS",
    "NO_KEY",
    "NO_SHOTS",
    "QUESTION",
    "SETTING_FLAGS",
    "STARTER_KIT",
    "BatchForecast",
    "Example",
    "Examples",
    "Plan",
    "PlannedClip",
    "Run",
    "RunConfig",
    "answer_basis",
    "batch_warnings",
    "choose_shots",
    "clips_in_scope",
    "endpoint_flags",
    "folder_name",
    "forecast_run",
    "judge_arguments",
    "make_plan",
    "official_layout",
    "open_questions",
    "parse_shard",
    "prepare",
    "remaining_budget",
    "run_id",
    "run_identity",
    "setting_arguments",
    "shots_identity",
    "take_over",
    "unanswered_clips",
    "use_batches",
    "user_prompt",
    "with_prompts",
]
