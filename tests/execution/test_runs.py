"""Runs on Ray: equal files whoever asks, on a cluster of three nodes on this machine."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")

import ray
from ray.cluster_utils import Cluster

from mabench_eval import evaluate, register_model
from mabench_eval.catalogue import MODULE
from mabench_eval.errors import InputError, ModelError
from mabench_eval.execution import ray_executor, scheduler, shared_clips, slots
from mabench_eval.execution.cluster import RAY_DEFAULTS
from mabench_eval.journal.journal import read_journal
from mabench_eval.runs.writing import Result
from mabench_eval.types import Outcome
from tests.execution.nodes import NODE, released, wait_for
from tests.support.benchmarks import Pixels, read_files, write_benchmark

needs_decord = pytest.mark.skipif(not importlib.util.find_spec("decord"), reason="decord has no wheel for this machine")

MODELS = Path(__file__).with_name("models.py")


class Listener:
    """Keeps what a run says; calls ``on_answer`` with the number of answers so far."""

    def __init__(self, on_answer: Callable[[int], None] = lambda count: None) -> None:
        self.notes: list[str] = []
        self.count, self._on_answer = 0, on_answer

    def stage(self, name: str, total: int, done: int) -> None: ...

    def retried(self, stage: str, times: int) -> None: ...

    def advance(self, stage: str, error: str | None = None) -> None:
        if stage == "answering":
            self.count += 1
            self._on_answer(self.count)

    def note(self, line: str) -> None:
        self.notes.append(line)


class Tenant:
    """Somebody else's actor."""

    def stays(self) -> None: ...


@pytest.fixture(autouse=True)
def models_anew() -> None:
    """The registry is emptied after each test; a file that is imported once a process would not fill it again."""
    for name in [name for name in sys.modules if name.startswith(MODULE)]:
        if sys.modules[name].__file__ == str(MODELS):
            del sys.modules[name]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_benchmark(tmp_path / "data", clips=7, videos=True)


def run(model: str, data: Path, output: Path, listener: Listener | None = None, **choices: Any) -> Result:
    given = {"include": (MODELS,), "judge": "none", "output": output, **choices}
    result: Result = evaluate(model, data=str(data), progress=listener, **given)
    return result


def lost_clips(result: Result) -> dict[str, str | None]:
    """Clips with questions that are errors, and why."""
    return {sample.clip: sample.error for sample in result.samples if sample.outcome is Outcome.ERROR}


def test_the_demo_on_three_nodes_gives_the_files_of_one_process(tmp_path: Path, cluster: Cluster) -> None:
    alone = evaluate("motion", output=tmp_path / "alone", limit=9)
    spread = evaluate("motion", output=tmp_path / "spread", limit=9, workers="auto")
    assert (spread.folder.name, spread.complete) == (alone.folder.name, True)
    assert read_files(spread.folder) == read_files(alone.folder)
    assert spread.record.totals.answers == alone.record.totals.answers


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"input": "shuffled"},
        {"input": "other-clip"},
        {"ship_clips": True},
        {"input": "text-only"},
        pytest.param({"decoder": "decord"}, marks=needs_decord),
        pytest.param({"decoder": "decord", "ship_clips": True}, marks=needs_decord),
    ],
)
def test_what_a_model_sees_is_the_same(tmp_path: Path, data: Path, cluster: Cluster, choices: dict[str, Any]) -> None:
    shown = {name: value for name, value in choices.items() if name == "input"}
    alone = run("steady", data, tmp_path / "alone", **shown, tasks="open")
    spread = run("steady", data, tmp_path / "spread", **choices, tasks="open", workers=3)
    assert read_files(spread.folder) == read_files(alone.folder)
    if "decoder" in choices:
        assert spread.record.decoder == "decord 0.6.0: 7 clip(s)"


def test_a_model_registered_in_a_script_goes_along(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    @register_model("in-a-script")
    def scripted(frames: Pixels, prompt: str) -> str:
        return f"Yes {frames.shape}"

    result = evaluate("in-a-script", data=str(data), output=tmp_path, judge="none", workers=2)
    assert result.complete
    assert result.samples[0].response == "Yes (8, 48, 64, 3)"


def test_a_model_in_a_folder_is_found_by_workers_whole(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    folder = tmp_path / "in_a_folder"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .model import answer\n")
    (folder / "words.txt").write_text("Yes, by the words.")
    (folder / "model.py").write_text(
        "from pathlib import Path\nfrom mabench_eval import register_model\n@register_model('in-a-folder')\n"
        "def answer(frames, prompt):\n    return Path(__file__).with_name('words.txt').read_text()\n"
    )
    result = run("in-a-folder", data, tmp_path, include=(folder,), workers=2)
    assert result.complete
    assert {sample.response for sample in result.samples} == {"Yes, by the words."}


def test_a_model_that_wants_all_clips_first_gets_them(
    tmp_path: Path, data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "IN_FLIGHT", 2)
    monkeypatch.setattr(scheduler, "POLL_TIMEOUT_S", 0.2)
    assert run("gathers", data, tmp_path, workers=2).complete


def test_more_workers_than_clips_and_what_was_answered_before(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    run("steady", data, tmp_path, limit=6, tasks="cmar")
    result = run("steady", data, tmp_path, tasks="cmar", workers=3)
    assert result.complete
    fresh = [record for record in read_journal(result.folder).answers.values() if "copied_from" not in record]
    assert len(fresh) == 1


def test_a_clip_that_cannot_be_decoded_costs_its_own_questions(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    clip = data.parent / "videos" / "clip1.mp4"
    clip.write_bytes(clip.read_bytes().replace(b"avcC", b"xxxx"))
    alone = run("steady", data, tmp_path / "alone", tasks="cmar")
    spread = run("steady", data, tmp_path / "spread", tasks="cmar", workers=3)
    assert not spread.complete
    assert read_files(spread.folder) == read_files(alone.folder)


def test_a_clip_that_kills_workers_is_marked_failed_and_named(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    listener = Listener()
    result = run("mortal", data, tmp_path, listener, workers=2)
    assert lost_clips(result) == {"clip1": "clip clip1 killed 2 workers and was marked failed"}
    assert "clip clip1 killed 2 workers and was marked failed" in listener.notes
    assert sum("is lost" in line for line in listener.notes) == 2
    wait_for(released)


def test_one_slot_outlives_a_clip_that_kills_workers(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    result = run("mortal", data, tmp_path, workers=1)
    assert set(lost_clips(result)) == {"clip1"}


def test_a_worker_that_stands_still_counts_as_lost(
    tmp_path: Path, data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "SILENCE_TIMEOUT_S", 3.0)
    monkeypatch.setattr(scheduler, "POLL_TIMEOUT_S", 0.5)
    listener = Listener()
    result = run("frozen", data, tmp_path, listener, workers=2)
    assert lost_clips(result) == {"clip1": "clip clip1 killed 2 workers and was marked failed"}
    assert sum("(no sign of life for 3 s)" in line for line in listener.notes) == 2
    wait_for(released)


def test_when_all_workers_are_gone_the_run_can_be_taken_up(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    with pytest.raises(ModelError, match="all workers are gone"):
        run("dead", data, tmp_path, workers=2)
    wait_for(released)


def test_a_node_that_dies_costs_no_answer(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    """Four nodes with a worker each; the one that dies, at 30 of 84 answers, has a clip of which 3 are answered."""
    node = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    (data.parent / "doomed").write_text(node.node_id)

    def kill(count: int) -> None:
        if count == 30:
            cluster.remove_node(node, allow_graceful=False)

    listener = Listener(kill)
    result = run("together", data, tmp_path / "spread", listener, workers=4)
    assert result.complete
    assert any("is lost" in line for line in listener.notes)
    assert read_files(result.folder) == read_files(run("together", data, tmp_path / "alone").folder)


def test_a_worker_for_which_there_is_no_room_holds_no_clip(
    tmp_path: Path, data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three workers, and two of the three nodes are taken: one answers all, without waiting for the others."""
    monkeypatch.setattr(scheduler, "SLOW_START_S", 1.0)
    taken = [ray.remote(Tenant).options(num_cpus=1).remote() for _ in range(2)]
    ray.get([tenant.stays.remote() for tenant in taken])
    listener = Listener()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, "steady", data, tmp_path / "spread", listener, workers=3)
        try:
            result = running.result(timeout=60)
        finally:
            for tenant in taken:
                ray.kill(tenant)
    assert result.complete
    assert sum("has not started: no node has room for it" in line for line in listener.notes) >= 2
    assert read_files(result.folder) == read_files(run("steady", data, tmp_path / "alone").folder)


def test_a_worker_that_still_loads_holds_up_no_other(
    tmp_path: Path, data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where workers are, too
    result = run("slow-start", data, tmp_path, workers=2, tasks="cmar")
    assert (result.complete, Path("second").exists(), Path("second-loaded").exists()) == (True, True, False)
    wait_for(released)


def test_nodes_that_join_later_are_used(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    """Nobody answers before four workers have met a clip, and there are three nodes."""
    listener = Listener()
    with ThreadPoolExecutor(1) as pool:  # nodes are added by the main thread alone
        running = pool.submit(run, "together", data, tmp_path, listener, workers="auto")
        wait_for(lambda: len(list(data.parent.glob("met/*"))) == 3)
        node = cluster.add_node(**NODE)
        result = running.result(timeout=120)
    cluster.remove_node(node)
    assert result.complete
    assert "worker 4 joins: the cluster has grown" in listener.notes
    assert len(list((data.parent / "met").iterdir())) == 4


def test_a_worker_that_cannot_load_is_one_clear_error(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    with pytest.raises(ModelError, match=r"worker \d on .* cannot load the model: .*its weights are not there"):
        run("does-not-load", data, tmp_path, workers=2)
    with pytest.raises(ModelError, match="'differs' is another model there"):
        run("differs", data, tmp_path, workers=2)
    with pytest.raises(ModelError, match=r"worker \d on .* cannot load the model: its weights are torn") as caught:
        run("loads-late", data, tmp_path, workers=2)
    assert caught.value.hint == "Fetch them again."
    with pytest.raises(ModelError, match="something is missing there: its package is not installed"):
        run("lacks-something", data, tmp_path, workers=2)


def test_a_broken_model_is_stopped(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    with pytest.raises(ModelError, match="failed on its first 60 questions"):
        run("broken", data, tmp_path, workers=2)
    wait_for(released)


def test_a_node_without_the_clips_is_named(
    tmp_path: Path, data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_byte_more(paths: Iterable[Path]) -> dict[str, int | None]:
        return {path: (size or 0) + 1 for path, size in shared_clips.clip_sizes(paths).items()}

    monkeypatch.setattr(scheduler, "clip_sizes", one_byte_more)
    with pytest.raises(InputError, match="not all nodes see") as caught:
        run("steady", data, tmp_path, workers=3)
    assert len([line for line in caught.value.problems if "clip0.mp4 has" in line]) == 3
    assert all(line.startswith("node ") for line in caught.value.problems)


def test_a_worker_looks_again_at_the_clips(
    tmp_path: Path, data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its node may have joined after all nodes were asked."""
    clip = data.parent / "videos" / "clip1.mp4"
    monkeypatch.setattr(scheduler, "check_nodes", lambda sizes: clip.write_bytes(b""))
    with pytest.raises(ModelError, match=r"its clips are not those that the run sees: .*clip1.mp4 has 0 bytes"):
        run("steady", data, tmp_path, workers=2)


@pytest.mark.parametrize(("ship", "gone"), [(False, False), (True, False), (True, True)])
def test_a_clip_that_is_replaced_or_gone_is_never_answered_under_its_old_hash(
    tmp_path: Path, data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, ship: bool, gone: bool
) -> None:
    """Of the same size, so that a worker finds it by its bytes alone; sent or read by the worker."""
    clip = data.parent / "videos" / "clip1.mp4"
    real = ray_executor.RayExecutor._worker

    def after_the_checks(*arguments: Any) -> Any:
        if gone:
            clip.unlink()
        else:
            clip.write_bytes(clip.read_bytes()[:-1] + b"?")
        return real(*arguments)

    monkeypatch.setattr(ray_executor.RayExecutor, "_worker", after_the_checks)
    result = run("steady", data, tmp_path, workers=1, ship_clips=ship)
    lost = {sample.clip: sample.error for sample in result.samples if sample.outcome is Outcome.ERROR}
    assert lost.keys() == {"clip1"}
    assert ("clip1.mp4 cannot be read" if gone else "clip1.mp4 was changed after the run began") in str(lost["clip1"])


def test_workers_run_in_an_environment_that_ray_makes(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    card = write_environment(tmp_path / "more", f"mabench-probe @ {write_wheel(tmp_path).as_uri()}")
    choices: dict[str, Any] = {"include": (MODELS, card.parent.parent), "workers": 1, "limit": 2, "env": "probing"}
    listener = Listener()
    result = run("in-an-environment", data, tmp_path / "made", listener, **choices)
    assert {sample.response for sample in result.samples} == {"found in probing"}
    assert result.record.environment == "probing"
    assert "Ray makes environment probing where a worker starts: minutes, the first time" in listener.notes


def test_an_environment_that_cannot_be_made_is_one_clear_error(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    card = write_environment(tmp_path / "more", f"mabench-probe @ {(tmp_path / 'nowhere.whl').as_uri()}")
    choices: dict[str, Any] = {"include": (MODELS, card.parent.parent), "workers": 1, "env": "probing"}
    with pytest.raises(ModelError, match=r"environment probing cannot be made: ERROR: .*nowhere.whl"):
        run("in-an-environment", data, tmp_path, **choices)


def write_environment(folder: Path, package: str) -> Path:
    """An environment's card with one package."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    card = folder / "environments" / "probing.yaml"
    card.parent.mkdir(parents=True)
    card.write_text(f'name: probing\ndescription: a package\npython: ["{version}"]\npackages: ["{package}"]\n')
    return card


def write_wheel(folder: Path) -> Path:
    """A package of one module, as pip takes it without asking an index."""
    info = "mabench_probe-1.0.dist-info"
    content = {
        "mabench_probe.py": 'WORD = "found"\n',
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: mabench-probe\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*content, f"{info}/RECORD"])
    wheel = folder / "mabench_probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for name, text in content.items():
            packed.writestr(name, text)
    return wheel


def test_interrupted_workers_are_gone(tmp_path: Path, data: Path, cluster: Cluster) -> None:
    words = [
        sys.executable,
        "-m",
        "mabench_eval",
        "--model",
        "steady",
        "--include",
        str(MODELS),
        "--data",
        str(data),
        "--output",
        str(tmp_path),
        "--judge",
        "none",
        "--workers",
        "2",
        "--ray",
        cluster.address,
    ]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            journal = wait_for(lambda: next(tmp_path.glob("steady/*/journal.jsonl"), None))
            wait_for(lambda: b'"answer"' in journal.read_bytes())
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # where it did not end by itself
    assert (process.returncode, "Interrupted while answering" in errors) == (130, True), errors
    wait_for(released)


@pytest.mark.parametrize("named", ["by the command", "by the environment"])
def test_a_cluster_that_is_not_there_is_one_clear_error(named: str, tmp_path: Path) -> None:
    """Ray itself would knock for many minutes."""
    with socket.socket() as closed_port:  # holds the port, and does not listen
        closed_port.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed_port.getsockname()[1]}"
        words = [sys.executable, "-m", "mabench_eval", "--model", "random", "--output", str(tmp_path), "--ray"]
        words += [address] if named == "by the command" else ["auto"]
        env = {**os.environ, "RAY_ADDRESS": address}
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert (done.returncode, f"no Ray cluster at {address}: " in done.stderr) == (3, True), done.stderr
    assert "ray start --head" in done.stderr


CLUSTER_WITH_TOKEN = """
import sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 100_000_000,
                                                        "include_dashboard": False})
print("at", cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


def test_a_cluster_that_asks_for_a_token(tmp_path: Path, data: Path) -> None:
    """As Ray wants it: a token is not sent to an address unless it is told to."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    known = {**clean, **RAY_DEFAULTS, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0123456789abcdef" * 4}
    script = [sys.executable, "-c", CLUSTER_WITH_TOKEN]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=known) as process:
        assert process.stdout
        address = next(line.split()[1] for line in process.stdout if line.startswith("at "))
        words = [
            sys.executable,
            "-m",
            "mabench_eval",
            "--model",
            "steady",
            "--include",
            str(MODELS),
            "--data",
            str(data),
            "--output",
            str(tmp_path),
            "--judge",
            "none",
            "--ray",
            address,
        ]
        unknown = {**clean, **RAY_DEFAULTS}
        done = subprocess.run(words, capture_output=True, text=True, env=unknown, timeout=120, check=False)
        assert (done.returncode, "RAY_AUTH_MODE=token" in done.stderr) == (3, True), done.stderr
        done = subprocess.run(words, capture_output=True, text=True, env=known, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        process.communicate("")
