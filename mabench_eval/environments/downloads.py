"""The files of a checkpoint: on this machine, or what their download needs: the hub, a licence, room on the disk.

``ask_hub`` alone uses the network, and is called only where something has to be downloaded.
"""

from __future__ import annotations

import os
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mabench_eval.engines.local import (
    LocalSettings,
    NeededRepo,
    RepoLocation,
    cache_folder,
    has_token,
    hub_page,
    hub_problems,
    is_offline,
    locate_repo,
    repos_of,
)
from mabench_eval.environments.findings import Finding, State, gigabytes
from mabench_eval.errors import InputError
from mabench_eval.parsing import parse_json, read_json

TIMEOUT_S = 4.0
"""For an answer of the hub, the look-up of its address not counted."""
LONGEST_ANSWER = 16 << 20
"""Bytes of an answer of the hub."""
FINDINGS: Mapping[str, str] = MappingProxyType({"model": "files", "adapter": "adapter", "further": "further files"})
"""What a repository is for -> the name of what is found of it."""


@dataclass(frozen=True, slots=True)
class HubAnswer:
    """What the hub says of a repository."""

    state: State
    summary: str
    gated: bool = False


AskHub = Callable[[str], HubAnswer]
"""Asks for a repository by its name."""


def ask_hub(repo: str) -> HubAnswer:
    """Ask the hub for a repository's public description, without a login, for a few seconds."""
    answers: list[HubAnswer] = []
    # on a thread of its own, since looking up an address has no time limit
    thread = threading.Thread(target=lambda: answers.append(_ask_hub(repo)), daemon=True)
    thread.start()
    thread.join(2 * TIMEOUT_S)
    return answers[0] if answers else HubAnswer("missing", f"no answer within {2 * TIMEOUT_S:.0f} s")


def _ask_hub(repo: str) -> HubAnswer:
    address = f"{os.environ.get('HF_ENDPOINT', 'https://huggingface.co').rstrip('/')}/api/models/{repo}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as response:  # noqa: S310 - the user's own endpoint
            gated = parse_json(response.read(LONGEST_ANSWER), "the hub's answer").get("gated")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return HubAnswer("missing", f"there is no repository {repo}")
        private = "private, or no such repository" if error.code in (401, 403) else "try again later"
        return HubAnswer("unknown", f"answers with status {error.code}: {private}")
    except (OSError, InputError, AttributeError) as error:
        return HubAnswer("missing", f"not reachable: {getattr(error, 'reason', error)}")
    return HubAnswer("ok", "reachable", bool(gated))


def file_findings(settings: LocalSettings, weights: int | None, ask: AskHub) -> list[Finding]:
    """Where all is that the model is loaded from, and what the download of what is not here needs.

    ``weights``: bytes of the model's own, None when not known.
    """
    findings: list[Finding] = []
    problems, repos = hub_problems(settings), [(needed, needed.locate()) for needed in repos_of(settings)]
    away = [needed for needed, place in repos if place.kind in ("cache", "hub") and not place.complete]
    answers = _answers(away, ask)
    for needed, place in repos:
        name = FINDINGS[needed.role]
        if place.complete:
            findings.append(Finding(name, "ok", f"here: {place.path}"))
        elif needed in away:
            told = {finding.summary for finding in findings if finding.name == "hub"}
            found = _download_findings(needed, place, answers.get(needed.name))
            findings += [finding for finding in found if finding.name != "hub" or finding.summary not in told]
        else:
            problem = next(problem for problem in problems if needed.name in problem)
            findings.append(Finding(name, "missing", problem, _folder_fix(needed)))

    # a LoRA adapter takes too little room to count
    sizes = [weights if needed.role == "model" else needed.size for needed in away if needed.role != "adapter"]
    if any(size != 0 for size in sizes):
        findings.append(_disk_finding(None if None in sizes else sum(size or 0 for size in sizes)))
    return findings + _code_findings(settings, locate_repo(settings.repo, settings.revision).path)


def _answers(repos: Sequence[NeededRepo], ask: AskHub) -> dict[str, HubAnswer]:
    """What the hub says of repositories, all asked at once: of a hub that is away it takes seconds to know."""
    if not repos or is_offline():
        return {}
    names = [needed.name for needed in repos]
    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(ask, names), strict=True))


def _folder_fix(needed: NeededRepo) -> str:
    """What to do about a folder that is not whole, or not there."""
    fixes = {"model": "--set repo=DIR", "adapter": "--lora DIR"}
    return fixes.get(needed.role, f"{needed.download_command} --local-dir {needed.name}")


def _download_findings(needed: NeededRepo, place: RepoLocation, answer: HubAnswer | None) -> list[Finding]:
    """What the download of a repository needs: the hub, and a login for a gated one. ``answer`` None: not asked."""
    name, command = FINDINGS[needed.role], needed.download_command
    summary = f"{needed.words} is not {'whole ' * bool(place.missing)}in {cache_folder()}"
    if answer is None:
        return [Finding(name, "missing", f"{summary}, and HF_HUB_OFFLINE is set", f"unset HF_HUB_OFFLINE; {command}")]

    findings = [Finding(name, "unknown", f"{summary}: a run downloads it", command)]
    fix = ""
    if answer.state == "missing":
        copied = {"model": ("--local-dir DIR", "--set repo=DIR"), "adapter": ("--local-dir DIR", "--lora DIR")}
        # code that loads it by its name finds it in a cache alone
        there, here = copied.get(needed.role, ("--cache-dir DIR", "export HF_HUB_CACHE=DIR"))
        fix = f"where there is a connection: {command} {there}; then, with DIR copied here: {here}"
        findings = [Finding(name, "missing", summary, fix)]
    findings.append(Finding("hub", answer.state, answer.summary, fix))

    if needed.gated or answer.gated:
        accept = f"accept the licence at {hub_page(needed.name)}"
        summary, fix = f"{needed.name} is gated, and nobody is logged in", f"{accept}, then: hf auth login"
        if has_token():
            summary, fix = f"{needed.name} is gated; there is a login, and its owner must {accept}", ""
        findings.append(Finding("licence", "unknown" if has_token() else "missing", summary, fix))
    return findings


def _disk_finding(weights: int | None) -> Finding:
    cache = cache_folder()
    folder = next(folder for folder in (cache, *cache.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(folder).free
    if weights is None:
        return Finding("disk", "unknown", f"{gigabytes(free)} free for {cache}; the weights' size is not known")
    summary = f"{gigabytes(free)} free for {cache}, about {gigabytes(weights)} needed"
    if free > weights:
        return Finding("disk", "ok", summary)
    return Finding("disk", "missing", summary, "export HF_HOME=DIR")


def _code_findings(settings: LocalSettings, folder: Path | None) -> list[Finding]:
    """Code in the repository, as the card or its configuration says: it runs only when the user allows it."""
    if settings.remote_code:
        return []
    allow = "--trust-remote-code"
    if folder and folder.parent.name == "snapshots":
        allow = f"--set revision={folder.name}, or {allow}"
    summary = "the repository brings code of its own, which is not allowed to run"
    if settings.own_code:
        return [Finding("own code", "missing", summary, allow)]

    try:
        has_code = folder is not None and "auto_map" in read_json(folder / "config.json")
    except (OSError, InputError, TypeError):
        has_code = False
    return [Finding("own code", "unknown", summary, f"if the engine asks for it: {allow}")] if has_code else []
