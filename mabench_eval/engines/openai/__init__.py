"""Models behind an OpenAI-compatible chat endpoint: proprietary APIs, and any server that speaks their language."""

from mabench_eval.engines.openai.engine import OpenAIEngine
from mabench_eval.engines.openai.messages import encode_frames, request_body
from mabench_eval.engines.openai.settings import OPENAI, ApiSettings

__all__ = ["OPENAI", "ApiSettings", "OpenAIEngine", "encode_frames", "request_body"]
