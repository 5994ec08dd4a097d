"""The JSON schema of a run file, for editors: made from the options themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mabench_eval.cli.run_file import BY_NAME, SETTINGS
from mabench_eval.cli.shared_options import Option

_TEXT: Mapping[str, Any] = {"type": ["string", "number"]}


def run_file_schema() -> dict[str, Any]:
    """The schema (draft 2020-12); a name may also be written with underscores."""
    options = {name: _option(name, option) for name, option in BY_NAME.items() if name != "model"}
    options |= {name.replace("-", "_"): value for name, value in options.items() if "-" in name}
    own = {"type": "object", "required": ["model"], "additionalProperties": False}
    model = {"anyOf": [{"type": "string"}, {**own, "properties": {"model": {"type": "string"}, **options}}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Run file of mabench-eval: --config FILE",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "model": {
                "description": BY_NAME["model"].settings["help"],
                "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": model}],
            },
            **options,
        },
    }


def _option(name: str, option: Option) -> dict[str, Any]:
    described = {"description": option.settings["help"]}
    if option.is_switch:
        return {**described, "type": "boolean"}
    if name in SETTINGS:
        return {**described, "type": "object"}
    if choices := option.settings.get("choices"):
        return {**described, "enum": list(choices)}
    if (kind := option.settings.get("type")) in (int, float):
        return {**described, "type": "integer" if kind is int else "number"}
    forms = [_TEXT, {"type": "array", "items": _TEXT}]
    if name == "lora":
        forms.append({"type": "object", "additionalProperties": {"type": ["string", "null"]}})
    return {**described, "anyOf": forms}
