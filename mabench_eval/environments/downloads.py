"""The files of a checkpoint: on this machine, or what their download needs: the hub, a licence, room on the disk.

``ask_hub`` alone uses the network, and is called only where something has to be downloaded.
"""

from __future__ import annotations

import os
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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
)
from mabench_eval.environments.findings import Finding, State, gigabytes
from mabench_eval.errors import InputError
from mabench_eval.parsing import parse_json, read_json

TIMEOUT_S = 4.0
"""For an answer of the hub, the look-up of its address not counted."""
LONGEST_ANSWER = 16 << 20
"""Bytes of an answer of the hub."""


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
    """Where model and adapter are, and what the download of those that are not here needs."""
    findings: list[Finding] = []
    problems = hub_problems(settings)
    for repo, revision, adapter in repos_of(settings):
        name, place = ("adapter" if adapter else "files"), locate_repo(repo, revision, lora=adapter)
        if place.complete:
            findings.append(Finding(name, "ok", f"here: {place.path}"))
        elif place.kind in ("folder", "nowhere"):
            fix = "--lora DIR" if adapter else "--set repo=DIR"
            findings.append(Finding(name, "missing", next(p for p in problems if repo in p), fix))
        else:
            findings += _download_findings(name, (repo, revision), place, settings.gated and not adapter, ask)
            findings += [] if adapter else [_disk_finding(weights)]
    return findings + _code_findings(settings, locate_repo(settings.repo, settings.revision).path)


def _download_findings(
    name: str, source: tuple[str, str | None], place: RepoLocation, gated: bool, ask: AskHub
) -> list[Finding]:
    """What the download of a repository needs: the hub, and a login for a gated one."""
    repo, command = source[0], download_command(*source)
    summary = f"{repo} is not {'whole ' * bool(place.missing)}in {cache_folder()}"
    if is_offline():
        return [Finding(name, "missing", f"{summary}, and HF_HUB_OFFLINE is set", f"unset HF_HUB_OFFLINE; {command}")]

    answer = ask(repo)
    findings = [Finding(name, "unknown", f"{summary}: a run downloads it", command)]
    fix = ""
    if answer.state == "missing":
        findings = [Finding(name, "missing", summary)]
        option = "--lora DIR" if name == "adapter" else "--set repo=DIR"
        fix = f"where there is a connection: {command} --local-dir DIR; then, with DIR copied here: {option}"
    findings.append(Finding("hub", answer.state, answer.summary, fix))

    if gated or answer.gated:
        accept = f"accept the licence at {hub_page(repo)}"
        findings.append(
            Finding("licence", "unknown", f"gated; there is a login, and its owner must {accept}")
            if has_token()
            else Finding("licence", "missing", "gated, and nobody is logged in", f"{accept}, then: hf auth login")
        )
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
