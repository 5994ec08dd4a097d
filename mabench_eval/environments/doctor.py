"""Whether a model or tracker can run on this machine, and how to fix what is missing. Loads and starts nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence

from mabench_eval.catalogue import LOCAL_ENGINES, EnvironmentCard, ModelCard, TrackerCard, settings_of
from mabench_eval.engines import ACCELERATE, ENVIRONMENT_FIX, needed_packages, open_engine, packages_fix
from mabench_eval.engines.local import LocalSettings, weight_bytes
from mabench_eval.engines.openai import OPENAI, ApiSettings, AskModels, ModelListing, list_models, path_hint
from mabench_eval.environments.downloads import AskHub, ask_hub, file_findings
from mabench_eval.environments.findings import Finding, State, can_run, version_numbers, version_of
from mabench_eval.environments.gpus import find_gpus, gpu_finding, memory_finding
from mabench_eval.environments.location import locate_environment
from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.video import check_decoder, decoder_name

PYTHON = "3.11"
SHOWN_MODELS = 8
"""Of those that an endpoint lists."""


def examine(
    card: ModelCard,
    ask: AskHub | None = None,
    environment: EnvironmentCard | None = None,
    ask_models: AskModels | None = None,
) -> list[Finding]:
    """All that a run of the model needs, found or missing. Raises InputError for settings that do not fit the engine.

    ``ask`` replaces ``ask_hub``, and ``ask_models`` ``list_models``. ``environment`` is the one that the card names:
    once it is made its packages count, where those of this one are not enough.
    """
    where = f"model {card.name!r}"
    local = settings_of(LocalSettings, card.settings, where) if card.engine in LOCAL_ENGINES else None
    fix = packages_fix(card.engine, local)
    packages = [_package(name, oldest, fix) for name, oldest in needed_packages(card.engine, local).items()]
    elsewhere = environment is not None and locate_environment(environment).made and not can_run(packages)
    findings = [_python(), *([] if elsewhere else packages), *([_environment(environment)] if environment else [])]

    if card.engine == "openai":
        findings += _endpoint(
            settings_of(ApiSettings, card.settings, where), (ask_models or list_models) if can_run(packages) else None
        )
    elif local:
        findings += _checkpoint(card, local, ask or ask_hub)
    if card.needs_frames:
        findings.append(_decoder())
    findings += _proven(card)

    # The engine's own list comes last: where something is missing, the findings above say it better.
    return [*findings, *_engine(card)] if can_run(findings) and not elsewhere else findings


def examine_tracker(
    card: TrackerCard, problems: Callable[[], Sequence[str]], environment: EnvironmentCard | None
) -> list[Finding]:
    """All that a tracker needs, found or missing.

    ``problems`` asks the tracker what it lacks here. Packages that its ``environment`` has are not missing once that
    is made; weights may be.
    """
    findings = [_python(), Finding("licence", "ok", card.licence)]
    if environment is not None:
        findings.append(_environment(environment))
    findings.append(_decoder())
    made = environment is not None and locate_environment(environment).made
    lacking = [_missing(problem) for problem in problems()]
    return findings + [finding for finding in lacking if not (made and finding.fix == ENVIRONMENT_FIX)]


def _missing(problem: str) -> Finding:
    """A line that says what is missing and, after a colon, what to do about it."""
    what, _, fix = problem.partition(": ")
    return Finding("tracker", "missing", what, fix)


def _python() -> Finding:
    version = platform.python_version()
    if version_numbers(version) >= version_numbers(PYTHON):
        return Finding("python", "ok", version)
    return Finding("python", "missing", version, f"install Python {PYTHON} or newer")


def _package(name: str, oldest: str, fix: str) -> Finding:
    needed = f"{oldest} or newer" if oldest else "any version"
    installed = version_of(name)
    if installed is None:
        return Finding(name, "missing", f"not installed; needed: {needed}", fix)
    if version_numbers(installed) < version_numbers(oldest):
        return Finding(name, "missing", f"{installed}; needed: {needed}", f"pip install '{name}>={oldest}'")
    return Finding(name, "ok", installed)


def _environment(card: EnvironmentCard) -> Finding:
    """Whether the packages here are those of the model's environment, or that one is made."""
    pins = dict(package.split("==") for package in card.packages if "==" in package)
    others = [
        f"{name} {version_of(name) or 'none'} instead of {pin}"
        for name, pin in pins.items()
        if version_numbers(version_of(name) or "") != version_numbers(pin)
    ]
    if not others:
        return Finding("environment", "ok", f"these packages are those of {card.name}")
    if locate_environment(card).made:
        return Finding("environment", "ok", f"{card.name} is made: --env auto takes it")
    summary = f"{card.name} is not made; here is {', '.join(others[:3])}"
    return Finding("environment", "unknown", summary, f"mabench-eval env make {card.name}")


def _proven(card: ModelCard) -> list[Finding]:
    """How far the model has been run, where its card says anything of it: the rest only the run itself will show."""
    if card.proven == "not run" and not card.proof:
        return []
    return [Finding("proven", "ok" if card.proven == "itself" else "unknown", card.how_proven)]


def _decoder() -> Finding:
    try:
        check_decoder()
    except InputError as error:
        return Finding("decoder", "missing", error.message, error.hint)
    return Finding("decoder", "ok", decoder_name())


def _endpoint(settings: ApiSettings, ask: AskModels | None) -> list[Finding]:
    """Key, state and answer of a model behind an endpoint. ``ask`` None: it cannot be asked from here.

    It is asked for the names of its models, which costs nothing; not where a key is missing, or nothing is served.
    """
    name = settings.key_env or "OPENAI_API_KEY"
    key = os.environ.get(name, "").strip() or None
    own_server = settings.key_env is None and settings.base_url != OPENAI
    findings = []
    if settings.state != "current":
        state: State = "missing" if settings.state == "retired" else "unknown"
        fix = "--model-id ID of a model that is served" if state == "missing" else ""
        findings.append(Finding("service", state, settings.state_words, fix))
    if key is None and not own_server:
        about = f"{name} is not set; {settings.base_url} wants a key"
        return [Finding("key", "missing", about, f"export {name}=..."), *findings]

    about = f"{name} is set" if key else f"{name} is not set; a server of your own may do without"
    if ask is None or not can_run(findings):
        return [Finding("key", "ok", about), *findings]
    listing = ask(settings, key)
    if listing.status in (401, 403):
        about = f"{name} is not accepted: {listing.problem}" if key else f"a key is wanted: {listing.problem}"
        fix = f"export {name}=..., a key of {settings.base_url}; another variable: --api-key-env VAR"
        return [Finding("key", "missing", about, fix), *findings]
    return [Finding("key", "ok", about), *findings, *_listing(settings, listing, whole=own_server)]


def _listing(settings: ApiSettings, listing: ModelListing, *, whole: bool) -> list[Finding]:
    """What an endpoint's list of models says. ``whole``: all that it serves is in it; providers leave aliases out."""
    url, hint = settings.base_url, path_hint(settings.base_url)
    if listing.models is None and listing.status is None:
        fix = f"start the server, or name it: --base-url URL{f'; {hint}' if hint else ''}"
        return [Finding("endpoint", "missing", f"{url}: {listing.problem}", fix)]
    if listing.models is None:
        return [Finding("endpoint", "unknown", f"{url} answers, but lists no models: {listing.problem}", hint)]

    there, count = Finding("endpoint", "ok", f"{url} answers"), len(listing.models)
    if listing.has(settings.model_id):
        return [there, Finding("model", "ok", f"{settings.model_id} is among its {count} models")]
    names = ", ".join(listing.models[:SHOWN_MODELS]) + (", ..." if count > SHOWN_MODELS else "")
    suggestion = did_you_mean(settings.model_id, list(listing.models))
    about = f"{settings.model_id} is not among its {count} models{suggestion or f': {names}'}"
    return [there, Finding("model", "missing" if whole else "unknown", about, "--model-id ID, as it is listed there")]


def _checkpoint(card: ModelCard, settings: LocalSettings, ask: AskHub) -> list[Finding]:
    """GPU, memory and files of a checkpoint."""
    findings = []
    if card.engine not in settings.engines:
        fix = f"--engine {settings.engines[0]}"
        findings.append(Finding("engine", "missing", f"{card.engine} cannot run it", fix))
    try:
        gpus = find_gpus()
    except OSError as error:
        state: State = "missing" if card.engine == "vllm" else "unknown"
        findings.append(Finding("gpu", state, str(error), "repair the driver until nvidia-smi answers"))
        gpus = None

    if card.engine == "transformers" and gpus and settings.device == "auto":
        findings += [_package(name, oldest, packages_fix(card.engine)) for name, oldest in ACCELERATE.items()]

    weights = weight_bytes(settings, card.name, card.description)
    if gpus is not None:
        findings.append(gpu_finding(card.engine, settings, gpus, weights))
        if findings[-1].state != "missing":
            findings.append(memory_finding(card.engine, settings, gpus, weights))
    return findings + file_findings(settings, weights, ask)


def _engine(card: ModelCard) -> list[Finding]:
    """What the engine itself would report missing when a run starts."""
    try:
        problems = open_engine(card, 0).problems()
    except InputError as error:
        problems = [error.message, *error.problems]
    return [Finding("engine", "missing", problem) for problem in problems] or [Finding("engine", "ok", card.engine)]
