"""``mabench-eval doctor``: whether a model can run here, and the commands that mend what is missing."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, replace

from mabench_eval.catalogue import (
    HUB,
    Catalogue,
    EnvironmentCard,
    ModelCard,
    checkpoint_card,
    load_catalogue,
    settings_of,
)
from mabench_eval.cli.console import print_json, print_table
from mabench_eval.cli.options import given_settings
from mabench_eval.engines.local import LOCAL_ENGINES, LocalSettings, is_folder
from mabench_eval.environments import can_run, examine, ray_finding

WORDS = {"ok": "OK", "missing": "MISSING", "unknown": "?"}


def doctor(options: Namespace) -> int:
    """Examine a model; 0 when nothing is known to be missing, else 2."""
    catalogue = load_catalogue(options.include).check()
    card = _card(options, catalogue)
    findings = examine(card, environment=_environment(card, catalogue))
    findings += [] if card.engine == "openai" else [ray_finding()]  # one process saturates an endpoint
    ready = can_run(findings)
    if options.json:
        print_json({"model": card.name, "engine": card.engine, "ready": ready, "findings": list(map(asdict, findings))})
        return 0 if ready else 2
    rows = [[finding.name, WORDS[finding.state], finding.summary] for finding in findings]
    print_table(["what", "state", "found"], rows, text_columns=3)
    for title, state in (("To mend:", "missing"), ("If it comes to that:", "unknown")):
        steps = dict.fromkeys(finding.fix for finding in findings if finding.fix and finding.state == state)
        if steps:
            print("\n".join([title, *(f"  {step}" for step in steps), ""]))
    print(f"{card.name} {'can' if ready else 'cannot'} run here with engine {card.engine}.")
    return 0 if ready else 2


def _environment(card: ModelCard, catalogue: Catalogue) -> EnvironmentCard | None:
    """The environment that the card names for its engine."""
    if card.engine not in LOCAL_ENGINES:
        return None
    named = settings_of(LocalSettings, card.settings, f"model {card.name!r}").environments.get(card.engine)
    return catalogue.environment(named) if named else None


def _card(options: Namespace, catalogue: Catalogue) -> ModelCard:
    """The model's card, or that of a checkpoint or of an engine that is given, as a run would make it."""
    named = any(options.model.casefold() == name.casefold() for name in catalogue.models)
    if not named and (options.model.startswith(HUB) or is_folder(options.model)):
        card = checkpoint_card(options.model)
    elif options.engine and not named:
        card = ModelCard(options.model, options.engine, "given", settings={"model_id": options.model})
    else:
        card = catalogue.model(options.model)
    given = given_settings(options.set)
    given |= {"lora": options.lora} if options.lora else {}
    given |= {"trust_remote_code": True} if options.trust_remote_code else {}
    return replace(card, engine=options.engine or card.engine, settings={**card.settings, **given})
