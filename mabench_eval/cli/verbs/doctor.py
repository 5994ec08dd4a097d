"""Check for all that a model or tracker needs here: packages, GPU, memory, disk, hub, licence, key, endpoint.

For what is missing, it shows the command that fixes it.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_out, print_table
from mabench_eval.cli.exit_codes import BAD_INPUT, DONE
from mabench_eval.cli.shared_options import ENDPOINT_OF_MODEL, INCLUDE, JSON, Option, card_settings

if TYPE_CHECKING:
    from mabench_eval.catalogue import Catalogue, EnvironmentCard, ModelCard
    from mabench_eval.environments import Finding

EXAMPLES = """\
examples:
  mabench-eval doctor qwen3-vl-8b
  mabench-eval doctor hf:ORG/NAME --engine vllm
  mabench-eval doctor gpt-4o                     the key is tried, nothing costs
  mabench-eval doctor NAME --engine openai --base-url http://localhost:8000/v1
"""
OPTIONS = (
    Option("model MODEL|TRACKER", "a model of the catalogue, hf:ORG/NAME, a folder; or a tracker"),
    Option("--tracker", "the tracker of that name, where a model has it too"),
    *ENDPOINT_OF_MODEL,
    Option("--lora PATH", "with this LoRA adapter"),
    Option("--set NAME=VALUE", "any setting of the card, as in `run`", action="append", default=[]),
    Option("--trust-remote-code", "with code of the repository allowed to run"),
    INCLUDE,
    JSON,
)
STATES = {"ok": "OK", "missing": "MISSING", "unknown": "?"}


def run(options: Namespace) -> int:
    """Examine a model or a tracker; 0 when nothing is known to be missing, else 2."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.environments import examine, ray_finding

    catalogue = load_catalogue(options.include).check()
    if _is_tracker(options, catalogue):
        return _examine_tracker(options, catalogue)
    card = _card(options, catalogue)
    findings = examine(card, environment=_environment(card, catalogue))
    if card.engine != "openai":  # one process saturates an endpoint
        findings.append(ray_finding())
    return _report(findings, {"model": card.name, "engine": card.engine}, f" with engine {card.engine}", options)


def _is_tracker(options: Namespace, catalogue: Catalogue) -> bool:
    """Whether a tracker is meant: no model has that name, or ``--tracker`` says so."""

    def named(cards: Iterable[str]) -> bool:
        return options.model.casefold() in {name.casefold() for name in cards}

    return bool(options.tracker) or (named(catalogue.trackers) and not named(catalogue.models))


def _examine_tracker(options: Namespace, catalogue: Catalogue) -> int:
    from mabench_eval.construction import open_tracker
    from mabench_eval.environments import examine_tracker

    card = catalogue.tracker(options.model)
    tracker = open_tracker(card, card_settings(options.set))
    environment = catalogue.environment(card.environment) if card.environment else None
    findings = examine_tracker(card, tracker.problems, environment)
    return _report(findings, {"tracker": card.name}, "", options)


def _report(findings: Sequence[Finding], subject: Mapping[str, str], how: str, options: Namespace) -> int:
    """Print what was found; 0 when nothing is known to be missing, else 2. ``subject``: what was examined."""
    from dataclasses import asdict

    from mabench_eval.environments import can_run

    ready = can_run(findings)
    code = DONE if ready else BAD_INPUT
    if options.json:
        print_json({**subject, "ready": ready, "findings": list(map(asdict, findings))})
        return code

    rows = [[finding.name, STATES[finding.state], finding.summary] for finding in findings]
    print_table(["what", "state", "found"], rows, text_columns=3)
    for title, state in (("To fix:", "missing"), ("Possibly needed:", "unknown")):
        steps = dict.fromkeys(finding.fix for finding in findings if finding.fix and finding.state == state)
        if steps:
            for line in (title, *(f"  {step}" for step in steps), ""):
                print_out(line)
    name = next(iter(subject.values()))
    print_out(f"{name} {'can' if ready else 'cannot'} run here{how}.")
    return code


def _card(options: Namespace, catalogue: Catalogue) -> ModelCard:
    """The model's card, or that of a checkpoint or of an engine that is given, as a run would make it."""
    from dataclasses import replace

    from mabench_eval.catalogue import HUB, ModelCard, checkpoint_card
    from mabench_eval.engines.local import is_folder

    has_card = any(options.model.casefold() == name.casefold() for name in catalogue.models)
    if not has_card and (options.model.startswith(HUB) or is_folder(options.model)):
        card = checkpoint_card(options.model)
    elif not has_card and options.engine:
        card = ModelCard(options.model, options.engine, "given", settings={"model_id": options.model})
    else:
        card = catalogue.model(options.model)

    given = {name: getattr(options, name) for name in ("base_url", "model_id", "key_env")}
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = {**card.settings, **chosen, **card_settings(options.set)}
    if options.lora:
        settings["lora"] = options.lora
    if options.trust_remote_code:
        settings["trust_remote_code"] = True
    return replace(card, engine=options.engine or card.engine, settings=settings)


def _environment(card: ModelCard, catalogue: Catalogue) -> EnvironmentCard | None:
    """The environment that the card names for its engine."""
    from mabench_eval.catalogue import LOCAL_ENGINES, settings_of
    from mabench_eval.engines.local import LocalSettings

    if card.engine not in LOCAL_ENGINES:
        return None
    named = settings_of(LocalSettings, card.settings, f"model {card.name!r}").environments.get(card.engine)
    return catalogue.environment(named) if named else None
