"""The cards of local models, in step with the paper's table, and where their checkpoints are looked for."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.catalogue import LOCAL_ENGINES, ModelCard, builtin_folder, load_catalogue, select_model
from mabench_eval.catalogue.schema import settings_of
from mabench_eval.engines import open_engine
from mabench_eval.engines.local.hub import (
    cache_folder,
    has_token,
    hub_problems,
    hub_warnings,
    locate_repo,
    weight_bytes,
)
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.environments import select_environment
from mabench_eval.errors import InputError
from mabench_eval.leaderboard.paper import load_paper

CARDS = {name: card for name, card in load_catalogue().check().models.items() if card.engine in LOCAL_ENGINES}
REPO, COMMIT, TOKEN = "owner/Model-7B", "0123456789abcdef0123456789abcdef01234567", "hf_do_not_tell"
WHOLE = {"config.json": "{}", "model.safetensors": "12345678"}
INDEX = {"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}
FRAMES = 8
ANSWER = 512
"""Tokens: more than the longest answer of a task, and room for a question beside it."""


def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache, no login, nothing that hides a GPU."""
    for name in os.environ:
        if name.startswith(("HF_", "HUGGING", "CUDA_VISIBLE", "TRANSFORMERS_OFF", "OPENAI", "XDG_CACHE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_environment(tmp_path, monkeypatch)


def download(files: Mapping[str, str], *, repo: str = REPO, branch: str = "main", commit: str = COMMIT) -> Path:
    """A snapshot in the cache, laid out as huggingface_hub does: blobs, links to them, and the branch's commit."""
    home = cache_folder() / f"models--{repo.replace('/', '--')}"
    snapshot = home / "snapshots" / commit
    for folder in (home / "blobs", home / "refs", snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "refs" / branch).write_text(commit, encoding="utf-8")
    for number, (name, text) in enumerate(files.items()):
        blob = home / "blobs" / f"{commit}-{number}"
        blob.write_text(text, encoding="utf-8")
        (snapshot / name).symlink_to(blob)
    return snapshot


@pytest.fixture(params=CARDS)
def card(request: pytest.FixtureRequest) -> ModelCard:
    return CARDS[request.param]


def settings(card: ModelCard) -> LocalSettings:
    return settings_of(LocalSettings, card.settings, card.name)


def rows() -> set[str]:
    """Table 2's models; the row of guessing and that of full marks are none."""
    paper = load_paper(builtin_folder() / "leaderboard" / "paper.json")
    return {row.name for row in paper.tables["table2"] if row.group != "reference"}


def described(row: str) -> list[ModelCard]:
    """Cards whose description begins with the row's name, and goes on with no more of a name."""
    return [
        card
        for card in load_catalogue().models.values()
        if card.description.startswith((f"{row} (", f"{row}, ", f"{row} in "))
    ]


def test_every_model_of_the_paper_has_one_card() -> None:
    """23 rows, and the fine-tuned one."""
    assert len(rows()) == 24
    assert {row: len(described(row)) for row in rows()} == dict.fromkeys(rows(), 1)


def test_the_names_are_those_that_users_type() -> None:
    assert sorted(CARDS) == [
        "h2ovl-mississippi-2b",
        "internvideo2-chat-8b",
        "internvideo2.5-chat-8b",
        "internvl2-8b",
        "internvl2.5-8b",
        "internvl3-8b",
        "llava-next-video-7b",
        "llava-onevision-7b",
        "phi-3.5-vision",
        "phi-4-multimodal",
        "pixtral-12b",
        "qwen2-vl-7b",
        "qwen2.5-vl-3b",
        "qwen2.5-vl-7b",
        "qwen3-vl-8b",
        "qwen3-vl-8b-ma-bench-train",
        "videochat-flash-qwen2-7b",
        "videollama2-7b",
        "videollama2.1-7b",
        "videollama3-2b",
        "videollama3-7b",
    ]


def test_a_card_fits_its_engine_and_fits_into_its_context(card: ModelCard) -> None:
    own = settings(card)
    assert card.engine in own.engines
    assert own.licence
    assert own.repo.count("/") == 1
    assert own.revision is None  # a commit that nobody has run would be an invented one
    assert own.frame_tokens
    assert own.context is None or FRAMES * own.frame_tokens + ANSWER <= own.context


def test_a_card_says_that_nobody_has_run_it_and_how_its_tokens_are_counted(card: ModelCard) -> None:
    assert card.source
    text = card.source.read_text(encoding="utf-8")
    assert card.proven != "itself"
    assert card.proof  # which code, which copy, what was faked
    assert "real weights have not been run by this project" in text
    assert f"frame_tokens: {settings(card).frame_tokens}  # " in text
    assert len(text.splitlines()) <= 24


@pytest.mark.parametrize("kind", ["models", "trackers"])
def test_what_ran_with_random_weights_says_on_which_copy_of_the_code(kind: str) -> None:
    """A commit, or versions of the packages that have it; and that a GPU was faked, where its code calls for one."""
    cards = getattr(load_catalogue(), kind).values()
    ran = [card for card in cards if card.proven == "real code, random weights"]
    assert ran
    for card in ran:
        assert re.search(r"\b[0-9a-f]{7}\b|\d+\.\d+\.\d+|commit of its environment", card.proof), card.name
        assert (".cuda() faked" in card.proof) is bool(card.settings.get("needs_cuda")), card.name


def test_the_words_on_how_far_a_card_is_proven_are_in_no_key() -> None:
    for card in CARDS.values():
        other = replace(card, proven="not run", proof="")
        assert open_engine(other, 0).identity == open_engine(card, 0).identity


def test_dates_on_which_services_end_are_the_earliest_and_say_where_they_were_read() -> None:
    ending = {name: card.settings for name, card in load_catalogue().models.items() if card.settings.get("state")}
    assert set(ending) == {"gemini-2.5-flash", "gpt-4o", "grok-2-vision"}
    for settings in ending.values():
        assert re.search(r"\d{4}-\d\d-\d\d", settings["state_note"])
        assert settings["state"] == "retired" or "at the earliest" in settings["state_note"]
        assert re.search(r"\w+\.(com|dev)/", settings["state_source"])


def test_a_card_that_an_adapter_runs_has_its_file_beside_it(card: ModelCard) -> None:
    own = settings(card)
    assert ("adapter" in own.engines) == (own.adapter is not None)
    if own.adapter:
        assert card.source
        code = (card.source.parent / own.adapter).read_text(encoding="utf-8")
        assert len(code.splitlines()) < 60
        assert "class Adapter" in code


def limited(side: int, most: int) -> tuple[int, int]:
    """1080x1296 in squares of ``side`` pixels, at most ``most`` pixels in all: the Qwen family's rule."""
    width, height = round(1080 / side), round(1296 / side)
    if width * height * side**2 > most:
        scale = math.sqrt(1080 * 1296 / most)
        width, height = math.floor(1080 / scale / side), math.floor(1296 / scale / side)
    return width, height


@pytest.mark.parametrize(
    ("names", "tokens"),
    [
        (["llava-next-video-7b"], (336 // 14 // 2) ** 2),
        (["llava-onevision-7b"], 14 * 14),
        (["internvl2-8b", "internvl2.5-8b", "internvl3-8b", "h2ovl-mississippi-2b"], (448 // 14 // 2) ** 2),
        # two frames share their tokens
        (["qwen2-vl-7b", "qwen2.5-vl-3b", "qwen2.5-vl-7b"], math.prod(limited(28, 12845056)) // 2),
        (["qwen3-vl-8b", "qwen3-vl-8b-ma-bench-train"], math.prod(limited(32, 25165824 // FRAMES)) // 2),
        (["videollama3-2b", "videollama3-7b"], math.prod(limited(28, 16384 * 28**2 // FRAMES))),
        # five crops of 12x12 with an end to each line: 12 lines of the small picture, 24 of the large; 1 between them
        (["phi-3.5-vision"], 5 * 144 + 1 + 3 * 12),
        # 1296 -> 896 takes 1080 to 746: of 64 columns of 14 pixels 10 are empty, every second of the others counts
        (["phi-4-multimodal"], 256 + 1 + 32 * ((64 - (896 - 746) // 14) // 2) + 32 + 16),
        # the longer side becomes 1024, the shorter 853: 54 patches, the last not whole; one token ends each row
        (["pixtral-12b"], (math.ceil(853 / 16) + 1) * (1024 // 16)),
    ],
)
def test_the_tokens_of_a_frame_follow_from_the_familys_rule(names: list[str], tokens: int) -> None:
    assert {name: CARDS[name].settings["frame_tokens"] for name in names} == dict.fromkeys(names, tokens)


def test_what_the_sizes_come_to_by_hand() -> None:
    assert limited(28, 12845056) == (39, 46)  # 1080/28 = 38.6, 1296/28 = 46.3
    assert limited(32, 25165824 // FRAMES) == (34, 40)  # 33.75; 40.5 goes to the even number
    assert limited(28, 768 * 28**2) == (25, 30)  # 1399680 pixels are 2.32 times too many: sides by 1.525


def test_the_fine_tuned_row_never_runs_as_its_base(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without an adapter of the user's the run does not start."""
    monkeypatch.chdir(tmp_path)
    (problem,) = hub_problems(settings(CARDS["qwen3-vl-8b-ma-bench-train"]))
    assert "no adapter at ./ma-bench-train-lora" in problem
    assert "--lora DIR" in problem


# the hub's cache


def test_a_repository_is_a_folder_or_in_the_cache_or_on_the_hub_or_nowhere(tmp_path: Path) -> None:
    assert locate_repo(REPO).kind == "hub"
    assert (
        locate_repo("./not-there").kind == locate_repo("/not/there").kind == locate_repo("not-there").kind == "nowhere"
    )
    snapshot = download(WHOLE)
    assert (locate_repo(REPO).kind, locate_repo(REPO).path, locate_repo(REPO).complete) == ("cache", snapshot, True)
    assert locate_repo(REPO, COMMIT).path == snapshot
    assert locate_repo(REPO, "v2").kind == "hub"
    assert locate_repo(str(snapshot)).kind == "folder"
    assert locate_repo(str(tmp_path)).missing == ("config.json", "its weights")


def test_a_download_that_was_cut_short_is_not_taken_for_a_model() -> None:
    snapshot = download({"config.json": "{}", "model.safetensors.index.json": json.dumps(INDEX)})
    assert locate_repo(REPO).missing == ("model-1-of-2.safetensors", "model-2-of-2.safetensors")
    (snapshot / "model-1-of-2.safetensors").write_text("1234", encoding="utf-8")
    (snapshot / "model-2-of-2.safetensors").symlink_to(snapshot / "no blob")
    assert locate_repo(REPO).missing == ("model-2-of-2.safetensors",)
    (snapshot / "model-2-of-2.safetensors").unlink()
    (snapshot / "model-2-of-2.safetensors").write_text("123456", encoding="utf-8")
    assert locate_repo(REPO).complete
    assert weight_bytes(LocalSettings(REPO)) == 4 + 6


@pytest.mark.parametrize("broken", ["{", "[]", "{}", '{"weight_map": 1}'])
def test_a_broken_index_is_a_missing_one(broken: str) -> None:
    download({"config.json": "{}", "model.safetensors.index.json": broken})
    assert locate_repo(REPO).missing == ("a readable model.safetensors.index.json",)


def test_an_adapter_has_files_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "training_args.bin").touch()
    assert locate_repo(str(tmp_path), lora=True).missing == ("adapter_config.json", "its weights")
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (tmp_path / name).touch()
    assert locate_repo(str(tmp_path), lora=True).complete


def test_what_has_to_be_downloaded_is_a_warning_and_a_problem_only_when_that_is_forbidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = LocalSettings(REPO, "v2")
    assert hub_problems(settings) == []
    (warning,) = hub_warnings(settings)
    assert "is downloaded first, about 14 GB;" in warning  # 7e9 parameters of two bytes
    assert warning.endswith("hf download owner/Model-7B --revision v2")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        with monkeypatch.context() as forbidden:
            forbidden.setenv(name, "1")
            (problem,) = hub_problems(settings)
            assert "HF_HUB_OFFLINE forbids" in problem
            assert "hf download owner/Model-7B --revision v2" in problem
    download(WHOLE, branch="v2")
    assert (hub_problems(settings), hub_warnings(settings)) == ([], [])


def test_a_gated_repository_needs_a_login_until_it_is_here() -> None:
    (problem,) = hub_problems(LocalSettings(REPO, gated=True))
    assert problem.endswith("accept its licence at https://huggingface.co/owner/Model-7B, then: hf auth login")
    download(WHOLE)
    assert hub_problems(LocalSettings(REPO, gated=True)) == []


TOWER = {"repo": "openai/clip", "revision": "c" * 40, "gigabytes": 1.7}
LANGUAGE = {"repo": "bert-base-uncased", "revision": "b" * 40, "files": ["config.json", "vocab.txt"]}


def further(*repos: Mapping[str, object], **given: object) -> LocalSettings:
    return settings_of(LocalSettings, {"repo": REPO, "also_loads": list(repos), **given}, "")


def test_what_a_models_code_loads_besides_is_missed_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model itself is here; of what its code loads nothing is, and then another revision alone."""
    download(WHOLE)
    for repo, commit in (("openai/clip", "d" * 40), ("bert-base-uncased", "a" * 40)):
        assert not hub_problems(further(TOWER, LANGUAGE))  # a run downloads it
        tower, language = hub_warnings(further(TOWER, LANGUAGE))
        assert "openai/clip, which the model's code loads too, is not in" in tower
        assert tower.endswith(f"about 2 GB; to do it beforehand: hf download openai/clip --revision {'c' * 40}")
        command = f"hf download bert-base-uncased config.json vocab.txt --revision {'b' * 40}"
        assert language.endswith(f"is downloaded first; to do it beforehand: {command}")
        with monkeypatch.context() as forbidden:
            forbidden.setenv("HF_HUB_OFFLINE", "1")
            tower, language = hub_problems(further(TOWER, LANGUAGE))
            assert tower.endswith(f"unset HF_HUB_OFFLINE; hf download openai/clip --revision {'c' * 40}")
            assert command in language
        download({"config.json": "{}", "vocab.txt": "", "model.safetensors": ""}, repo=repo, commit=commit)


def test_of_a_repository_whose_files_are_named_nothing_else_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    download(WHOLE)
    download({"config.json": "{}"}, repo="bert-base-uncased", commit="b" * 40)
    (problem,) = hub_problems(further(LANGUAGE))
    assert "bert-base-uncased" in problem  # vocab.txt
    assert hub_problems(further({**LANGUAGE, "files": ["config.json"]})) == []
    assert "config.json" not in "".join(hub_problems(further({**LANGUAGE, "files": []})))  # its weights are missing
    assert len(hub_problems(further({**LANGUAGE, "files": []}))) == 1


def test_a_further_repository_may_be_gated_where_the_model_is_not() -> None:
    download(WHOLE)
    (problem,) = hub_problems(further({**TOWER, "gated": True}))
    assert problem.endswith("accept its licence at https://huggingface.co/openai/clip, then: hf auth login")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([{"revision": "main"}], "also_loads: missing setting 'repo'"),
        ([{"repo": "a/b", "revison": "x"}], "also_loads: unknown setting 'revison'; did you mean 'revision'?"),
        (["a/b"], "also_loads: expected `key: value` pairs, got 'a/b'"),
        ({"repo": "a/b"}, "also_loads: expected a list"),
        ([{"repo": "a/b", "files": "config.json"}], "also_loads: files: expected a list"),
    ],
)
def test_a_further_repository_that_is_written_wrongly(given: object, told: str) -> None:
    with pytest.raises(InputError) as caught:
        settings_of(LocalSettings, {"repo": REPO, "also_loads": given}, "")
    assert told in "\n".join(caught.value.problems)


def test_what_is_loaded_besides_is_part_of_the_identity_and_how_it_is_had_is_not(tmp_path: Path) -> None:
    def identity(*repos: Mapping[str, object]) -> object:
        card = ModelCard("m", "transformers", "", settings={"repo": REPO, "also_loads": list(repos)})
        return open_engine(card, 0).identity

    assert "also_loads" not in identity()  # type: ignore[operator]
    tower = identity(TOWER)
    assert tower["also_loads"] == [["openai/clip", "c" * 40]]  # type: ignore[index]
    assert tower != identity({**TOWER, "revision": "e" * 40}) != identity(TOWER, LANGUAGE)
    assert tower == identity({**TOWER, "files": ["config.json"], "gigabytes": 3.0, "gated": True})
    folder = tmp_path / "tower"
    folder.mkdir()
    before = identity({"repo": str(folder)})
    (folder / "config.json").write_text("{}", encoding="utf-8")
    assert identity({"repo": str(folder)}) != before


def test_the_commits_that_were_used_are_recorded() -> None:
    download(WHOLE)
    download(WHOLE, repo="openai/clip", commit="d" * 40)
    for repos, facts in (
        ((), {}),
        (({"repo": "openai/clip"}, LANGUAGE), {"openai/clip": "d" * 40, LANGUAGE["repo"]: None}),
    ):
        card = ModelCard("m", "transformers", "", settings={"repo": REPO, "also_loads": list(repos)})
        assert open_engine(card, 0).facts == {"commit": COMMIT, **({"also_loaded": facts} if facts else {})}


@pytest.mark.parametrize("name", ["internvideo2-chat-8b", "videollama2-7b", "videollama2.1-7b"])
def test_built_in_cards_pin_what_their_models_load_besides(name: str) -> None:
    for each in settings(CARDS[name]).also_loads:
        assert re.fullmatch("[0-9a-f]{40}", each.revision or "")
        assert each.files or each.gigabytes


def test_a_folder_that_is_no_checkpoint_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()
    assert hub_problems(LocalSettings(str(tmp_path))) == [f"the folder {tmp_path} lacks its weights"]


def test_a_token_is_found_in_the_environment_and_in_the_login_that_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not has_token()
    monkeypatch.setenv("HF_TOKEN", " ")
    assert not has_token()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert has_token()
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text(TOKEN, encoding="utf-8")
    assert has_token()
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "elsewhere"))
    assert not has_token()


@pytest.mark.parametrize(
    ("repo", "gigabytes"),
    [
        ("a/Model-7B", 14),
        ("a/model-qwen2-7b-ov-hf", 14),
        ("a/Model2_5-8B", 16),
        ("a/Model-0.5B-Instruct", 1),
        ("a/Pixtral-12B-2409", 24),
        ("a/Phi-4-multimodal", None),
        ("a/v3b", None),
    ],
)
def test_the_size_is_read_from_the_name(repo: str, gigabytes: int | None) -> None:
    expected = None if gigabytes is None else gigabytes * 10**9
    assert weight_bytes(LocalSettings(repo)) == expected
    assert weight_bytes(LocalSettings(repo, dtype="float32")) == (expected and 2 * expected)


def test_the_size_may_stand_in_the_description() -> None:
    assert weight_bytes(LocalSettings("a/Phi-4"), "phi-4", "Phi-4 (Microsoft), 5.57B; reads.") == 11_140_000_000


@pytest.mark.parametrize(
    "given", [{}, {"HF_HUB_CACHE": "~/a"}, {"HUGGINGFACE_HUB_CACHE": "/b"}, {"HF_HOME": "$HOME/c"}]
)
def test_cache_and_login_are_those_of_huggingface_hub(
    given: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub", reason="the library is only there with an engine")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    code = "from huggingface_hub import constants as c; print(c.HF_HUB_CACHE)"
    theirs = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert str(cache_folder()) == theirs
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    snapshot = download(WHOLE)
    code = "from huggingface_hub import try_to_load_from_cache as t; print(t('owner/Model-7B', 'config.json'))"
    theirs = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert theirs == str(snapshot / "config.json")
    assert locate_repo(REPO).path == snapshot


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({}, False),
        ({"revision": "main"}, False),
        ({"revision": "refs/pr/70"}, False),
        ({"revision": COMMIT}, True),
        ({"trust_remote_code": True}, True),
    ],
)
def test_code_of_a_repository_runs_by_a_commit_or_when_asked_for(given: dict[str, object], allowed: bool) -> None:
    assert settings_of(LocalSettings, {"repo": REPO, **given}, "").remote_code is allowed


def test_a_path_in_a_card_is_relative_to_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whatever folder the command is given; a repository on the hub and what is elsewhere stay as they are."""
    folder = tmp_path / "mine" / "models"
    for weights in (folder / "weights", folder.parent / "lora", tmp_path / "work" / "elsewhere"):
        weights.mkdir(parents=True)
    (folder / "own.yaml").write_text(
        "name: own\nengine: transformers\ndescription: d\n"
        "settings: {repo: ./weights, lora: ../lora, revision: weights}\n"
    )
    (folder / "other.yaml").write_text(
        "name: other\nengine: transformers\ndescription: d\nsettings: {repo: org/name, lora: elsewhere}\n"
    )
    monkeypatch.chdir(tmp_path / "work")
    models = load_catalogue([Path("../mine")]).check().models
    own = settings(models["own"])
    assert Path(own.repo).samefile(folder / "weights")
    assert Path(own.lora or "").samefile(tmp_path / "mine" / "lora")
    assert own.revision == "weights"
    other = settings(models["other"])
    assert (other.repo, other.lora) == ("org/name", "elsewhere")
    assert select_model("own", None, {"repo": "elsewhere"}, models).settings["repo"] == "elsewhere"  # of the command


def test_one_entry_of_a_group_of_settings_can_be_given() -> None:
    card = ModelCard("own", "vllm", "", settings={"repo": "org/own", "vllm": {"max_num_seqs": 64, "block_size": 32}})
    models = {"own": card}
    one = select_model("own", None, {"vllm.max_num_seqs": 128, "processor.fps": 2}, models).settings
    assert one["vllm"] == {"max_num_seqs": 128, "block_size": 32} and one["processor"] == {"fps": 2}
    assert settings(replace(card, settings=one)).vllm["max_num_seqs"] == 128
    whole = select_model("own", None, {"vllm": {}, "vllm.seed": 1}, models).settings
    assert whole["vllm"] == {"seed": 1}  # the group first, then its entry
    with pytest.raises(InputError, match=r"--set repo\.x: the setting 'repo' of own is no group of settings"):
        select_model("own", None, {"repo.x": 1}, models)


def test_an_adapter_without_environments_runs_where_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    (folder / "weights").mkdir(parents=True)
    (folder / "chat.py").write_text("class Adapter: ...\n")
    text = "name: chatty\nengine: adapter\ndescription: d\nsettings: {repo: weights, adapter: chat.py}\n"
    (folder / "chatty.yaml").write_text(text)
    catalogue = load_catalogue([tmp_path]).check()
    card = catalogue.model("chatty")
    assert settings(card).engines == ("adapter",)
    assert not any("cannot run it" in problem for problem in open_engine(card, 0).problems())
    assert select_environment("auto", card, catalogue) is None
    with pytest.raises(InputError, match="no environment is known in which engine vllm runs chatty"):
        select_environment("auto", replace(card, engine="vllm"), catalogue)
