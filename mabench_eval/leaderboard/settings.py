"""The settings of a run in words: where its identity differs from the paper's protocol.

Every field of an identity has a rule here. A field without one, of a newer version or of an engine of one's own, is
said as it is and counts as another protocol: what is not known is never passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mabench_eval.catalogue import ModelCard, builtin_folder, load_catalogue
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.known import known
from mabench_eval.runfiles import GENERATED, PREDICTED
from mabench_eval.tables import one_line
from mabench_eval.taxonomy import OFFICIAL_CLOSED
from mabench_eval.types import Json

_ALWAYS = ("model", "sampling", "seed", "tasks", "limit", "shard")
"""Fields that every identity has: without one, nothing is known of it."""
_HUMAN: Json = {"tasks": {}, "model": {}}
"""A person reads the question alone: no prompt, and nothing of a model, is a setting."""
NOT_RECORDED = "settings not recorded"
"""Of entries that were written before identities were kept."""
LONGEST = 60
"""Characters of a value that no rule knows."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a row says of its run."""

    text: str
    differs: bool = True
    """Whether it is another protocol than the paper's; False: it is said, and the row competes all the same."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a row says of how its run was made."""

    differing: tuple[str, ...]
    """What differs from the paper's protocol, in words; with any, a row competes for nothing."""
    noted: tuple[str, ...] = ()
    """What else a reader should know: another engine or other weights than the model's card has, a LoRA adapter."""


Rule = Callable[[str, Any, Json], Said | None]
"""(field, its value, all fields beside it) -> what is said of it; None where it is as in the paper's protocol."""


def settings_of(entry: Entry) -> Settings:
    """The settings of an entry's run, from the identity that it keeps."""
    said = [*_identity_said(entry), *_tasks_left_out(entry)]
    return Settings(
        tuple(one_line(each.text) for each in said if each.differs),
        tuple(one_line(each.text) for each in said if not each.differs),
    )


def _identity_said(entry: Entry) -> Iterator[Said]:
    if entry.identity is not None:
        yield from said_of({**entry.identity, **(_HUMAN if entry.is_human else {})})
        return
    # An entry of an early version: what it has of its settings, and that the rest is not known.
    yield Said(NOT_RECORDED)
    sampling = {"frames": entry.frames.count, "rule": entry.frames.sampling} if entry.frames else None
    answers = {"answers": entry.answers}
    yield from _said({"sampling": sampling, "model": answers, "repeats": entry.repeats}, RULES)


def _tasks_left_out(entry: Entry) -> Iterator[Said]:
    """A part of the tasks of a known benchmark; what others have is not known."""
    benchmark = known().benchmark(entry.benchmark)
    asked = list(entry.scores.tasks)
    if benchmark and not set(asked) >= set(benchmark.tasks):
        closed = set(asked) == set(OFFICIAL_CLOSED)
        yield Said("closed-ended tasks alone" if closed else f"{', '.join(asked)} alone")


def said_of(identity: Json) -> list[Said]:
    """What is said of an identity, as ``run.json`` has it."""
    missing = [Said(f"{name} not recorded") for name in _ALWAYS if name not in identity]
    return [*missing, *_said(identity, RULES)]


def _said(fields: Json, rules: Mapping[str, Rule | Mapping[str, Rule]]) -> Iterator[Said]:
    """What is said of the fields, in the order of their rules; of those without one last."""
    for name in [*(name for name in rules if name in fields), *(name for name in fields if name not in rules)]:
        value, rule = fields[name], rules.get(name)
        if isinstance(rule, Mapping) and isinstance(value, Mapping | None):
            yield from _said(value or {}, rule)
        elif said := _unknown(name, value) if rule is None or isinstance(rule, Mapping) else _apply(rule, name, fields):
            yield said


def _apply(rule: Rule, name: str, fields: Json) -> Said | None:
    """What a rule says; a value that it cannot read, since entries come from elsewhere, is said as it is."""
    try:
        return rule(name, fields[name], fields)
    except (TypeError, ValueError, LookupError, AttributeError):
        return _unknown(name, fields[name])


def _unknown(name: str, value: Any) -> Said:
    return Said(f"{_short(name)}={_short(value)}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


# -- rules -------------------------------------------------------------------------------------------------


def _free(why: str) -> Rule:
    """A field that may be anything, and why."""
    return lambda name, value, fields: None


def _protocol(expected: Any, words: Callable[[Any], str]) -> Rule:
    """A field that has one value in the paper's protocol."""
    return lambda name, value, fields: None if value == expected else Said(words(value))


def _as_card(words: Callable[[Any], str], expected: Any, *, own: bool = False, differs: bool = True) -> Rule:
    """A setting that is as the model's built-in card says, or ``expected`` where the card does not say it.

    ``own``: of a model without such a card it may be anything; else it is ``expected`` there, too.
    """

    def rule(name: str, value: Any, fields: Json) -> Said | None:
        card = _card(fields)
        if card is None and own:
            return None
        standard = card.settings.get(name, expected) if card else expected
        return None if value == standard else Said(words(value), differs)

    return rule


def _card(fields: Json) -> ModelCard | None:
    """The model's card, where it comes with the library: what it says is how the paper's protocol asks the model."""
    return _builtin_models().get(str(fields.get("name")))


@cache
def _builtin_models() -> Mapping[str, ModelCard]:
    folder = builtin_folder() / "models"
    models = load_catalogue().models
    return {name: card for name, card in models.items() if card.source and card.source.parent == folder}


def _engine(name: str, engine: str, fields: Json) -> Said | None:
    card = _card(fields)
    return Said(f"engine {engine}", differs=False) if card and card.engine != engine else None


def _python_settings(name: str, settings: Json, fields: Json) -> Said | None:
    """Those of a model in Python that differ from its built-in card's; a card's null is for the user to fill in."""
    card = _card(fields)
    if card is None:
        return None
    changed = {key: value for key, value in settings.items() if card.settings.get(key, settings) not in (value, None)}
    return Said(f"settings: {_pairs(changed)}") if changed else None


def _also_loads(name: str, repos: Sequence[Sequence[str | None]], fields: Json) -> Said | None:
    """What the model's code loads by itself, where that is not as its built-in card has it."""
    card = _card(fields)
    standard = [[each["repo"], each.get("revision")] for each in card.settings.get(name, ())] if card else None
    if standard is None or [list(each) for each in repos] == standard:
        return None
    return Said(f"loads {', '.join(str(repo) for repo, _ in repos)}", differs=False)


_WITHOUT_THINKING = (
    ("reasoning_effort", "none"),
    ("enable_thinking", False),
    ("chat_template_kwargs", {"enable_thinking": False}),
)


def _extra_body(name: str, body: Json, fields: Json) -> Said | None:
    """What is sent with every request; the paper asks without thinking, so that what turns it off is no difference."""
    card = _card(fields)
    standard = card.settings.get(name, {}) if card else {}
    changed = {key: value for key, value in body.items() if standard.get(key, body) != value}
    changed = {key: value for key, value in changed.items() if (key, value) not in _WITHOUT_THINKING}
    changed |= {key: None for key in standard if key not in body}
    return Said(_pairs(changed)) if changed else None


def _pairs(values: Json) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in values.items())


def _shots(name: str, shots: str, fields: Json) -> Said:
    """Runs of early versions say that there were examples, and not how many."""
    count, frames = fields.get("examples", (None, False))
    return Said(("few-shot" if count is None else f"{count}-shot") + (" with frames" if frames else ""))


def _prompts(name: str, tasks: Json, fields: Json) -> Said | None:
    own, earlier, moved = [], [], []
    for task, identity in tasks.items():
        versions = known().prompts.get(task)
        if versions is None:  # a task of a plugin, which has no protocol
            continue
        user, system = versions.get(str(identity["version"]), (None, None))
        if user is None:
            earlier.append(f"{task} v{identity['version']}")
        elif identity["prompt"] == system:
            moved.append(task)
        elif identity["prompt"] != user:
            own.append(task)

    parts = [f"own prompts ({', '.join(own)})"] if own else []
    parts += [f"prompts of another version ({', '.join(earlier)})"] if earlier else []
    parts += ["instructions in the system message"] if moved else []
    return Said(", ".join(parts)) if parts else None


def _temperature(value: float | None) -> str:
    return "temperature not sent" if value is None else f"temperature {value:g}"


def _vllm_arguments(name: str, value: Mapping[str, Any], fields: Json) -> Said | None:
    """Arguments of vLLM's engine that its card does not say; of a model of one's own they may be any."""
    card = _card(fields)
    given = card.settings.get("vllm", {}) if card else value
    other = {argument: chosen for argument, chosen in value.items() if given.get(argument) != chosen}
    return Said(f"vllm: {_pairs(other)}") if other else None


def _frame_times(name: str, told: bool, fields: Json) -> Said | None:
    """A video has its times, as a model on this machine is given it; images have none."""
    if told == (fields.get("send") == "frames"):
        return None
    return Said("frames with their times as text" if told else "video without times")


_ANSWERS = {PREDICTED: "from a prediction file, how is not recorded"}
MODEL_RULES: Mapping[str, Rule] = {
    "name": _free("it is the model"),
    "version": _free("of its card"),
    "revision": _free("it is the model"),
    "adapter": _free("the model's code"),
    "modules": _free("the model's code"),
    "depends": _free("the model's code"),
    "protocol": _free("how its engine puts a question; raised with the library"),
    "token_limit": _free("the name of a parameter"),
    "send_seed": _free("the seed is said by itself"),
    "engine": _engine,
    "model_id": _as_card(lambda value: f"model id {value}", None, own=True, differs=False),
    "repo": _as_card(lambda value: f"weights {value[:19]}", None, own=True, differs=False),
    "lora": _as_card(lambda value: f"LoRA adapter {value[:19]}" if value else "no LoRA adapter", None, differs=False),
    "also_loads": _also_loads,
    "settings": _python_settings,
    "answers": _protocol(GENERATED, lambda value: f"answers: {_ANSWERS.get(value, value)}"),
    "predictions": _free("the answers themselves, where they are all that is known"),
    "temperature": _as_card(_temperature, 0.0),
    "extra_body": _extra_body,
    "dtype": _as_card(str, "auto"),
    "input": _as_card(lambda value: f"frames as {value}", "video", own=True),
    "processor": _as_card(lambda value: f"processor: {_pairs(value) or 'as it comes'}", {}, own=True),
    "vllm": _vllm_arguments,
    "send": _as_card(lambda value: f"clips sent as {value}", "images", own=True),
    "frame_times": _frame_times,
    "jpeg_quality": _as_card(lambda value: f"JPEG quality {value}", 95),
    "max_side": _as_card(lambda value: f"frames of at most {value} px", None),
}
"""Field of a model's identity -> its rule."""
SAMPLING_RULES: Mapping[str, Rule] = {
    "frames": _protocol(8, lambda value: f"{value} frame{'' if value == 1 else 's'}"),
    "rule": _protocol("uniform", lambda value: f"{value} sampling" if value != "whole-clip" else "clips sent whole"),
    "input": _protocol("video", lambda value: f"input: {value}"),
}
RULES: Mapping[str, Rule | Mapping[str, Rule]] = {
    "shots": _shots,
    "examples": _free("said with the shots"),
    "tasks": _prompts,
    "sampling": SAMPLING_RULES,
    "seed": _protocol(0, lambda value: f"seed {value}"),
    "repeat": _protocol(0, lambda value: f"repeat {value}"),
    "repeats": _protocol(1, lambda value: f"mean of {value} answers to each question"),
    "circular": lambda name, value, fields: Said("options rotated too, in figures of their own", differs=False),
    "limit": _protocol(None, lambda value: f"first {value} clip{'' if value == 1 else 's'}"),
    "shard": _protocol(None, lambda value: f"part {value[0]} of {value[1]} of the clips"),
    "trained_clips": _protocol(0, lambda value: f"trained on {value} of its test clips"),
    "model": MODEL_RULES,
    "benchmark": _free("runs on the same benchmark share a table"),
}
"""Field of a run's identity -> its rule, in the order in which a row says them."""
