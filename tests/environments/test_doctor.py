"""``doctor`` on made-up machines: no network, no GPU and no package is needed."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import ModelCard, load_catalogue
from mabench_eval.cli.verbs.doctor import run as command
from mabench_eval.engines import ACCELERATE, EXTRAS, NEEDS, PEFT, TORCHVISION
from mabench_eval.engines.openai import ModelListing, list_models
from mabench_eval.environments import can_run, doctor, examine, examine_tracker, locate_environment
from mabench_eval.environments.downloads import HubAnswer, ask_hub
from mabench_eval.environments.findings import Finding
from mabench_eval.environments.gpus import find_gpus
from mabench_eval.errors import InputError
from mabench_eval.packages import install_command
from tests.catalogue.test_model_cards import COMMIT, REPO, TOKEN, WHOLE, bare_environment, download
from tests.support.paths import ROOT
from tests.support.scripted_server import ScriptedServer

INSTALLED = {
    "vllm": "0.33.0",
    "torch": "2.14.0",
    "transformers": "5.23.0",
    "accelerate": "1.15.0",
    "av": "18.1.0",
    "torchvision": "0.29.0",
    "jinja2": "3.1.6",
    "aiohttp": "3.14.5",
    "certifi": "2026.10.18",
}
REACHABLE, AWAY = HubAnswer("ok", "reachable"), HubAnswer("missing", "not reachable: no such name")

Machine = Callable[..., None]


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with nothing: no GPU, no cache, no login. Calling it installs packages and GPUs."""
    bare_environment(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(doctor, "open_engine", lambda card, seed: Namespace(problems=list))
    monkeypatch.setattr(doctor, "list_models", lambda settings, key: ModelListing((settings.model_id,)))

    def equip(*lines: str, status: int = 0, packages: Mapping[str, str] = INSTALLED) -> None:
        def version(name: str) -> str:
            if packages.get(name) is None:
                raise PackageNotFoundError(name)
            return packages[name]

        monkeypatch.setattr("importlib.metadata.version", version)
        if lines:
            script = tmp_path / "bin" / "nvidia-smi"
            script.parent.mkdir(exist_ok=True)
            output = "".join(f"echo '{line}'\n" for line in lines)
            script.write_text(f"#!/bin/sh\n{output}exit {status}\n", encoding="utf-8")
            script.chmod(0o755)

    equip(packages={})
    return equip


H200 = "NVIDIA H200, 143771, 570.86.15"


def card(engine: str = "vllm", **settings: Any) -> ModelCard:
    return ModelCard("model", engine, "A model.", settings={"repo": REPO, **settings})


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.name: finding.state for finding in findings}


# doctor


def test_a_bare_machine_lacks_all_but_python_disk_and_decoder() -> None:
    findings = by_name(examine(card(), lambda repo: AWAY))
    assert states(list(findings.values())) == {
        "python": "ok",
        "vllm": "missing",
        "gpu": "missing",
        "files": "missing",
        "hub": "missing",
        "disk": "ok",
        "decoder": "ok",
    }
    assert findings["vllm"].fix == install_command("vllm")
    assert findings["gpu"].fix == "a machine with a GPU of more than 14 GB; or, slowly, here: --engine transformers"
    assert "hf download owner/Model-7B --local-dir DIR" in findings["hub"].fix


def test_a_machine_with_all_of_it_can_run_and_downloads_nothing(machine: Machine) -> None:
    machine(H200)
    download(WHOLE)

    def never(repo: str) -> HubAnswer:
        raise AssertionError("nothing has to be downloaded")

    findings = examine(card(gated=True), never)
    assert set(states(findings).values()) == {"ok"}
    assert by_name(findings)["gpu"].summary == "NVIDIA H200 (151 GB), driver 570.86.15"  # 143771 MiB
    assert can_run(findings)


def test_what_the_engine_finds_beyond_that_is_listed_too(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(H200)
    download(WHOLE)
    monkeypatch.setattr(doctor, "open_engine", lambda card, seed: Namespace(problems=lambda: ["more is missing"]))
    assert examine(card())[-1] == Finding("engine", "missing", "more is missing")


def test_weights_that_do_not_fit_are_spread_over_gpus_where_there_are_enough(machine: Machine) -> None:
    small = "NVIDIA A10, 11264, 570.86.15"  # 11.8 GB, 14 are needed
    machine(small)
    memory = by_name(examine(card(), lambda repo: REACHABLE))["memory"]
    assert (memory.state, memory.summary) == ("missing", "about 14 GB of weights, 11 GB on 1 GPU (gpu_memory 0.9)")
    assert memory.fix == "a machine with more than 14 GB for them"
    machine(small, small)
    assert by_name(examine(card(), lambda repo: REACHABLE))["memory"].fix == "--tensor-parallel 2"
    assert by_name(examine(card(tensor_parallel=2), lambda repo: REACHABLE))["memory"].state == "ok"
    assert by_name(examine(card("transformers"), lambda repo: REACHABLE))["memory"].state == "ok"
    lacking = by_name(examine(card(tensor_parallel=4), lambda repo: REACHABLE))["gpu"]
    assert (lacking.state, lacking.fix) == ("missing", "--tensor-parallel 2")


def test_gpus_that_are_hidden_or_do_not_answer(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(H200, H200)
    for visible, count in (("0,1", 2), ("1", 1), ("GPU-1234", 2), ("", 0), ("-1", 0)):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        assert len(find_gpus()) == count
    assert "CUDA_VISIBLE_DEVICES" in by_name(examine(card(), lambda repo: REACHABLE))["gpu"].summary
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    machine("Failed to initialize NVML: Driver/library version mismatch", status=18)
    gpu = by_name(examine(card(), lambda repo: REACHABLE))["gpu"]
    assert (gpu.state, gpu.summary.startswith("nvidia-smi fails: Failed to initialize NVML")) == ("missing", True)


def test_memory_that_nvidia_smi_does_not_report_is_not_guessed(machine: Machine) -> None:
    machine("NVIDIA GB10, [N/A], 580.95")
    findings = by_name(examine(card(), lambda repo: REACHABLE))
    assert (findings["gpu"].state, findings["memory"].state) == ("ok", "unknown")


def test_transformers_without_a_gpu_may_do(machine: Machine) -> None:
    machine()
    download(WHOLE)
    findings = examine(card("transformers"))
    assert by_name(findings)["gpu"].state == "unknown"
    assert by_name(findings)["memory"].summary.endswith("of main memory")
    assert can_run(findings)


@pytest.mark.parametrize(
    ("changed", "name", "fix"),
    [({"vllm": "0.10.2"}, "vllm", "pip install 'vllm>=0.11'"), ({"vllm": None}, "vllm", install_command("vllm"))],
)
def test_a_package_that_is_too_old_or_missing(machine: Machine, changed: dict[str, str], name: str, fix: str) -> None:
    machine(H200, packages={**INSTALLED, **changed})
    package = by_name(examine(card(), lambda repo: REACHABLE))[name]
    assert (package.state, package.fix[: len(fix)]) == ("missing", fix)


def test_an_engine_that_cannot_run_the_card(machine: Machine) -> None:
    machine(H200)
    engine = by_name(examine(card(environments={"transformers": "transformers-5"}), lambda repo: REACHABLE))["engine"]
    assert (engine.state, engine.fix) == ("missing", "--engine transformers")


def test_a_gated_repository_by_the_card_or_by_the_hub(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(H200)
    by_card = by_name(examine(card(gated=True), lambda repo: REACHABLE))
    by_hub = by_name(examine(card(), lambda repo: HubAnswer("ok", "reachable", gated=True)))
    assert by_card["licence"] == by_hub["licence"]
    assert by_card["licence"].state == "missing"
    assert by_card["licence"].fix.endswith("huggingface.co/owner/Model-7B, then: hf auth login")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    findings = examine(card(gated=True), lambda repo: REACHABLE)
    assert by_name(findings)["licence"].state == "unknown"
    assert TOKEN not in repr(findings)


FURTHER = (
    {"repo": "openai/clip", "revision": "c" * 40, "gigabytes": 2},
    {"repo": "bert-base-uncased", "files": ["config.json"], "gated": True},
)


def test_what_a_models_code_loads_besides_is_examined_too(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by itself: its files, its licence; the hub once where it says the same of all; the disk for all together."""
    machine(H200)
    monkeypatch.setattr("shutil.disk_usage", lambda path: Namespace(free=15 * 10**9))
    asked: list[str] = []

    def ask(repo: str) -> HubAnswer:
        asked.append(repo)
        return REACHABLE

    found = examine(card(also_loads=[*FURTHER]), ask)
    assert sorted(asked) == ["bert-base-uncased", "openai/clip", REPO]
    tower, language = (finding for finding in found if finding.name == "further files")
    assert tower.fix == f"hf download openai/clip --revision {'c' * 40}"
    assert language.fix == "hf download bert-base-uncased config.json"
    assert [finding.state for finding in found if finding.name == "hub"] == ["ok"]
    assert by_name(found)["licence"].fix.endswith("huggingface.co/bert-base-uncased, then: hf auth login")
    assert by_name(found)["disk"].summary.endswith("about 16 GB needed")  # 7e9 x 2 and 2
    assert by_name(found)["disk"].state == "missing"

    download(WHOLE)
    found = examine(card(also_loads=[*FURTHER]), ask)
    assert by_name(found)["disk"].summary.endswith("about 2 GB needed")
    download(WHOLE, repo="openai/clip", commit="c" * 40)
    found = examine(card(also_loads=[*FURTHER]), ask)
    assert "disk" not in by_name(found)
    assert asked.count("bert-base-uncased") == 3
    assert asked.count("openai/clip") == 2


def test_what_is_loaded_by_its_name_is_carried_over_in_a_cache(machine: Machine) -> None:
    machine(H200)
    download(WHOLE)
    found = by_name(examine(card(also_loads=[FURTHER[0]]), lambda repo: AWAY))["further files"]
    assert found.state == "missing"
    assert found.fix.endswith(
        f"--revision {'c' * 40} --cache-dir DIR; then, with DIR copied here: export HF_HUB_CACHE=DIR"
    )


def test_code_that_calls_for_a_gpu_is_told_where_there_is_none(machine: Machine) -> None:
    machine()
    download(WHOLE)
    always = by_name(examine(card("adapter", adapter="a.py", needs_cuda=True)))["gpu"]
    assert (always.state, always.fix) == ("missing", "a machine with a GPU")
    sometimes = by_name(examine(card("adapter", adapter="a.py", frames_without_cuda=[1, 8])))["gpu"]
    assert (sometimes.state, "with --frames 1 or 8 alone" in sometimes.summary) == ("unknown", True)


def test_offline_does_not_ask_the_hub(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(H200)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    findings = by_name(examine(card(), lambda repo: pytest.fail("asked")))
    assert "hub" not in findings
    assert findings["files"].fix == "unset HF_HUB_OFFLINE; hf download owner/Model-7B"


def test_code_of_the_repository_is_named_with_the_commit_that_allows_it(machine: Machine) -> None:
    machine(H200)
    download({**WHOLE, "config.json": '{"auto_map": {"AutoModel": "modeling.Model"}}'})
    own = by_name(examine(card()))["own code"]
    assert (own.state, own.fix) == (
        "unknown",
        f"if the engine asks for it: --set revision={COMMIT}, or --trust-remote-code",
    )
    assert "own code" not in by_name(examine(card(revision=COMMIT)))


def test_a_disk_that_is_too_small(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(H200)
    monkeypatch.setattr("shutil.disk_usage", lambda path: Namespace(free=5 * 10**9))
    disk = by_name(examine(card(), lambda repo: REACHABLE))["disk"]
    assert (disk.state, disk.fix) == ("missing", "export HF_HOME=DIR")


@pytest.mark.parametrize(
    ("settings", "key", "state"),
    [
        ({"key_env": "MY_KEY"}, None, "missing"),
        ({"key_env": "MY_KEY"}, TOKEN, "ok"),
        ({}, None, "missing"),
        ({"base_url": "http://localhost:8000/v1"}, None, "ok"),
    ],
)
def test_the_key_of_an_api_model(
    settings: dict[str, str], key: str | None, state: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine()
    if key:
        monkeypatch.setenv("MY_KEY", key)
    findings = examine(ModelCard("api", "openai", "", settings={"model_id": "m", **settings}))
    assert by_name(findings)["key"].state == state
    assert TOKEN not in repr(findings)


def test_a_model_that_is_no_longer_served_cannot_run(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine()
    for name in ("XAI_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, TOKEN)
    models = load_catalogue().models
    assert not can_run(examine(models["grok-2-vision"]))
    assert by_name(examine(models["gpt-4o"]))["service"].state == "unknown"


def test_how_far_a_card_is_proven_is_told_with_what_was_faked_and_where_it_was_read(machine: Machine) -> None:
    machine()
    models = load_catalogue().models
    proven = by_name(examine(models["videollama2-7b"], lambda repo: AWAY))["proven"]
    assert proven.state == "unknown"  # of real weights
    assert proven.summary.startswith("real code, random weights; the package videollama2 at 1953283")
    assert proven.summary.endswith("with .cuda() faked")
    assert by_name(examine(models["motion"]))["proven"] == Finding("proven", "ok", "itself")
    assert "proven" not in by_name(examine(card(), lambda repo: AWAY))  # somebody's own, of which nothing is said
    service = by_name(examine(models["gemini-2.5-flash"]))["service"].summary
    assert "on 2026-12-01 at the earliest" in service
    assert "(read in ai.google.dev/gemini-api/docs/deprecations, as quoted on 2026-11-10" in service


LOCAL = "http://127.0.0.1:8000/v1"


def endpoint(listing: ModelListing, url: str = LOCAL, key_env: str | None = None) -> dict[str, Finding]:
    """What is found of a model behind an endpoint that lists its models so."""
    card = ModelCard("mine", "openai", "", settings={"model_id": "mine", "base_url": url, "key_env": key_env})
    return by_name(examine(card, ask_models=lambda settings, key: listing))


def test_an_endpoint_that_is_there_and_serves_the_model(machine: Machine) -> None:
    machine()
    found = endpoint(ModelListing(("other", "mine")))
    assert (found["endpoint"].state, found["endpoint"].summary) == ("ok", f"{LOCAL} answers")
    assert found["model"] == Finding("model", "ok", "mine is among its 2 models")
    assert endpoint(ModelListing(("models/mine",)))["model"].state == "ok"  # as Google lists them


def test_an_endpoint_that_is_not_there_has_no_path_or_another_model(machine: Machine) -> None:
    machine()
    away = endpoint(ModelListing(problem="no connection: refused"))["endpoint"]
    assert (away.state, away.fix) == ("missing", "start the server, or name it: --base-url URL")
    bare = endpoint(ModelListing(status=404, problem="HTTP 404: not found"), "http://127.0.0.1:8000")["endpoint"]
    assert (bare.state, bare.fix) == ("unknown", f"most servers answer below /v1: {LOCAL}")
    other = endpoint(ModelListing(("mina", "else")))["model"]
    assert other.summary == "mine is not among its 2 models; did you mean 'mina'?"
    assert (other.state, other.fix) == ("missing", "--model-id ID, as it is listed there")
    many = endpoint(ModelListing(tuple("abcdefghi")))["model"]
    assert many.summary == "mine is not among its 9 models: a, b, c, d, e, f, g, h, ..."


def test_a_key_that_is_not_accepted(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine()
    monkeypatch.setenv("MY_KEY", TOKEN)
    refused = ModelListing(status=401, problem="HTTP 401: wrong key")
    key = endpoint(refused, key_env="MY_KEY")["key"]
    assert (key.state, key.summary) == ("missing", "MY_KEY is not accepted: HTTP 401: wrong key")
    assert key.fix == f"export MY_KEY=..., a key of {LOCAL}; another variable: --api-key-env VAR"
    wanted = endpoint(refused)["key"]
    assert (wanted.state, wanted.summary) == ("missing", "a key is wanted: HTTP 401: wrong key")
    # a provider's list leaves aliases out: what is not in it may be served
    assert endpoint(ModelListing(("else",)), key_env="MY_KEY")["model"].state == "unknown"


def test_no_endpoint_is_asked_without_its_key_or_its_packages(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(settings: object, key: object) -> ModelListing:
        raise AssertionError("asked")

    card = ModelCard("mine", "openai", "", settings={"model_id": "mine", "base_url": LOCAL})
    assert by_name(examine(card, ask_models=never))["aiohttp"].state == "missing"  # a bare machine
    machine()
    keyed = replace(card, settings={**card.settings, "key_env": "MY_KEY"})
    assert by_name(examine(keyed, ask_models=never))["key"].state == "missing"
    monkeypatch.setenv("MY_KEY", TOKEN)
    gone = replace(keyed, settings={**keyed.settings, "state": "retired"})
    assert by_name(examine(gone, ask_models=never))["service"].state == "missing"


def test_a_server_is_asked_as_doctor_asks_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over HTTP: the scripted server lists one model, and nothing below any other path."""
    machine()
    monkeypatch.setattr(doctor, "list_models", list_models)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ScriptedServer() as server:
        asked = {"engine": "openai", "base_url": server.base_url}
        assert command(options("scripted", **asked)) == 0
        assert "scripted is among its 1 models" in capsys.readouterr().out
        assert command(options("mine", **asked)) == 2
        assert "mine is not among its 1 models: scripted" in capsys.readouterr().out
        assert command(options("mine", **asked, model_id="scripted")) == 0
        bare = server.base_url.removesuffix("/v1")
        capsys.readouterr()
        assert command(options("scripted", engine="openai", base_url=bare)) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "answers, but lists no models: HTTP 404" in out
        assert f"most servers answer below /v1: {server.base_url}" in out
        assert server.received == 0  # no completion, which could cost
    assert command(options("scripted", **asked)) == 2
    assert "no connection" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"gated": false}', REACHABLE),
        (200, b'{"gated": "auto"}', HubAnswer("ok", "reachable", gated=True)),
        (404, b"", HubAnswer("missing", "there is no repository owner/Model-7B")),
        (401, b"", HubAnswer("unknown", "answers with status 401: private, or no such repository")),
        (503, b"", HubAnswer("unknown", "answers with status 503: try again later")),
    ],
)
def test_what_the_hub_answers(status: int, body: bytes, expected: HubAnswer, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            expected_path = self.path == "/api/models/owner/Model-7B" and "Authorization" not in self.headers
            self.send_response(status if expected_path else 500)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert ask_hub(REPO) == expected
        thread.join()
    if status == 200:  # the server is gone
        assert ask_hub(REPO).state == "missing"


# the command


def options(model: str, **more: Any) -> Namespace:
    given: dict[str, Any] = {"include": [], "engine": None, "json": False, "lora": None, "set": []}
    given["trust_remote_code"] = False
    given["tracker"] = False
    given |= dict.fromkeys(("base_url", "model_id", "key_env"))
    return Namespace(**{"model": model, **given, **more})


def test_the_command_prints_a_table_and_the_commands_that_fix_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "ask_hub", lambda repo: AWAY)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert command(options("qwen3-vl-8b")) == 2
    out = capsys.readouterr().out
    assert out.count("MISSING") == 4  # vllm, GPU, files, hub
    assert f"\nTo fix:\n  {install_command('vllm')}\n" in out
    assert out.endswith("qwen3-vl-8b cannot run here with engine vllm.\n")
    assert TOKEN not in out
    assert command(options("motion")) == 0
    assert capsys.readouterr().out.endswith("motion can run here with engine python.\n")


def test_the_command_as_json_and_for_checkpoints_without_a_card(
    capsys: pytest.CaptureFixture[str], machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(H200)
    for name in WHOLE:
        (tmp_path / name).write_text(WHOLE[name], encoding="utf-8")
    assert command(options(str(tmp_path), engine="vllm", json=True)) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["model"], document["engine"], document["ready"]) == (tmp_path.name, "vllm", True)
    assert {"name": "vllm", "state": "ok", "summary": "0.33.0", "fix": ""} in document["findings"]
    monkeypatch.setattr(doctor, "ask_hub", lambda repo: REACHABLE)
    assert command(options(f"hf:{REPO}")) == 0
    out = capsys.readouterr().out
    assert "\n  hf download owner/Model-7B\n" in out.partition("Possibly needed:")[2]
    assert out.endswith("Model-7B can run here with engine transformers.\n")


MADE = "transformers-4.46"


@pytest.mark.parametrize("name", load_catalogue().models)
def test_every_model_of_the_catalogue_is_examined(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a bare machine the baselines can run; what else is missing has a step that fixes it."""
    monkeypatch.setattr(doctor, "ask_hub", lambda repo: AWAY)
    code = command(options(name, json=True))
    document = json.loads(capsys.readouterr().out)
    assert document["ready"] is (code == 0) is (document["engine"] == "python")
    findings = {finding["name"]: finding for finding in document["findings"]}
    missing = {finding["name"]: finding["fix"] for finding in document["findings"] if finding["state"] == "missing"}
    assert all(missing.values())
    if document["engine"] not in ("python", "openai"):
        assert findings["environment"]["fix"].startswith("mabench-eval env make ")


def test_an_environment_that_is_made_counts_in_place_of_the_packages_here(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MABENCH_EVAL_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.setattr(doctor, "ask_hub", lambda repo: REACHABLE)
    location = locate_environment(load_catalogue().environment(MADE))
    location.python.parent.mkdir(parents=True)
    location.python.touch()
    machine(H200, packages={"av": "18.1.0"})
    asked = options("internvl2.5-8b", engine="adapter", json=True)
    assert command(asked) == 2
    findings = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["torch"]["fix"] == "--env auto"
    assert findings["own code"]["fix"] == "--trust-remote-code"
    location.marker.touch()
    assert command(asked) == 2  # its code is not allowed yet
    capsys.readouterr()
    asked.trust_remote_code = True
    assert command(asked) == 0
    findings = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["environment"]["summary"] == f"{MADE} is made: --env auto takes it"
    assert not {"torch", "transformers", "own code"} & findings.keys()


def test_unknown_models_and_settings_are_bad_input() -> None:
    with pytest.raises(InputError, match="no model named 'qwen3-vl'; did you mean"):
        command(options("qwen3-vl"))
    with pytest.raises(InputError, match="its settings do not fit"):
        examine(card(rep="a/b"))


def test_an_engine_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    (*_, engine) = examine(ModelCard("m", "nonsense", "", needs_frames=False))
    assert (engine.name, engine.state, "no engine 'nonsense'" in engine.summary) == ("engine", "missing", True)


def test_what_is_needed_agrees_with_the_extras_of_the_package() -> None:
    """The oldest versions stand in ``pyproject.toml`` too."""
    import tomllib

    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    for engine, extra in EXTRAS.items():
        needs = dict(NEEDS[engine])
        needs |= (ACCELERATE | TORCHVISION | PEFT) if engine == "transformers" else {}
        for name, oldest in needs.items() if extra in extras else ():
            assert (f"{name}>={oldest}" if oldest else name) in extras[extra]


def test_once_its_environment_is_made_a_tracker_lacks_weights_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packages that are not installed here are in the environment; what is downloaded by hand is in none."""
    monkeypatch.setenv("MABENCH_EVAL_ENVIRONMENTS", str(tmp_path / "environments"))
    card = load_catalogue().tracker("rtmpose")
    environment = load_catalogue().environment("rtmpose")
    lacking = ["not installed are rtmlib, cv2: --env auto", "the network is not downloaded: curl it"]
    found = examine_tracker(card, lambda: lacking, environment)
    assert [finding.fix for finding in found if finding.name == "tracker"] == ["--env auto", "curl it"]

    location = locate_environment(environment)
    location.python.parent.mkdir(parents=True)
    location.python.touch()
    location.marker.touch()
    found = examine_tracker(card, lambda: lacking, environment)
    assert [finding.fix for finding in found if finding.name == "tracker"] == ["curl it"]
