"""Models behind an OpenAI-compatible chat endpoint: proprietary APIs, and any server that speaks their language."""

from mabench_eval.engines.openai.engine import OpenAIEngine
from mabench_eval.engines.openai.listing import AskModels, ModelListing, list_models
from mabench_eval.engines.openai.media import encode_frames
from mabench_eval.engines.openai.messages import request_body
from mabench_eval.engines.openai.settings import OPENAI, ApiSettings, path_hint

__all__ = [
    "OPENAI",
    "ApiSettings",
    "AskModels",
    "ModelListing",
    "OpenAIEngine",
    "encode_frames",
    "list_models",
    "path_hint",
    "request_body",
]
