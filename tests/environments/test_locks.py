"""The locked sets beside the cards: they agree with cards and library; and, where that is asked for, with the index.

``MABENCH_TEST_LOCKS=1`` resolves each again as of its date, which needs uv and the package index; `.ci/run` does.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.catalogue import EnvironmentCard, load_catalogue
from mabench_eval.environments import lock as locks
from mabench_eval.environments import read_lock
from mabench_eval.environments.lock import glibc_of, is_from_git, lock_file, resolve
from mabench_eval.errors import InputError
from tests.support.paths import ROOT

CARDS = load_catalogue().check().environments
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["openai"])
"""What the library needs in every environment, by the repository: the installed copy may be an older one."""


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0]))


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", CARDS)
def test_a_lock_agrees_with_its_card_and_the_library(name: str) -> None:
    """Where this fails: `mabench-eval env lock NAME`."""
    card, lock = CARDS[name], read_lock(CARDS[name])
    assert lock is not None
    asked = [*card.packages, *(each for each in card.alone if not is_from_git(each)), *sorted(OWN)]
    assert sorted(lock.requirements) == sorted(asked)

    versions = {package.name: package.version for package in lock.packages}
    for requirement in asked:
        version = versions[name_of(requirement)]
        if pin := re.search(r"==([\w.]+)", requirement):
            assert version == pin[1]
        if oldest := re.search(r">=([\d.]+)", requirement):
            assert numbers(version) >= numbers(oldest[1])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", lock.date)
    for package in lock.packages:
        assert package.wheels, package.name  # nothing is built
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for _, _, digest in package.wheels)


@pytest.mark.parametrize("name", CARDS)
def test_what_a_card_says_of_cuda_and_glibc_is_what_its_packages_are_built_for(name: str) -> None:
    card, lock = CARDS[name], read_lock(CARDS[name])
    assert lock is not None
    runtime = [p.version for p in lock.packages if p.name.startswith("nvidia-cuda-runtime")]
    assert [".".join(version.split(".")[:2]) for version in runtime] == ([card.cuda] if card.cuda else [])
    oldest = max(min(glibc_of(wheel) for wheel, _, _ in package.wheels) for package in lock.packages)
    assert card.glibc == ".".join(map(str, oldest))


def test_an_environment_for_older_drivers_is_for_an_older_cuda_and_the_same_engine() -> None:
    pairs = [(card, CARDS[card.older_driver]) for card in CARDS.values() if card.older_driver]
    assert {(card.name, other.name) for card, other in pairs} == {
        ("vllm-0.33", "vllm-0.12"),
        ("transformers-5", "transformers-5-cuda12"),
    }
    for card, other in pairs:
        assert numbers(other.cuda)[0] == 12 < numbers(card.cuda)[0] == 13


@pytest.mark.parametrize(
    ("wheel", "glibc"),
    [
        ("a-1-py3-none-any.whl", (0, 0)),
        ("a-1-cp38-abi3-manylinux_2_31_x86_64.whl", (2, 31)),
        ("a-1-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl", (2, 17)),
        ("a-1-py3-none-manylinux1_x86_64.whl", (2, 5)),
    ],
)
def test_the_c_library_of_a_wheel(wheel: str, glibc: tuple[int, int]) -> None:
    """A wheel of several tags is for the oldest of them."""
    assert glibc_of(wheel) == glibc


def test_a_download_is_one_file_a_package() -> None:
    """Two Pythons have two files of `one`: 30 + 5 bytes, whichever it is."""
    wheels = (("one-1-cp311.whl", 20, "aa"), ("one-1-cp312.whl", 30, "bb"))
    packages = (
        locks.LockedPackage("one", "1", "", wheels),
        locks.LockedPackage("two", "2", "", (("two.whl", 5, "cc"),)),
    )
    lock = locks.Lock("2026-11-28", (), packages)
    assert lock.download == 35
    assert lock.as_requirements() == "one==1 --hash=sha256:aa --hash=sha256:bb\ntwo==2 --hash=sha256:cc\n"


def test_a_file_that_is_no_lock_is_named(tmp_path: Path) -> None:
    card = EnvironmentCard("mine-1.0", "", ("3.12",), ("one==1.0",), source=tmp_path / "mine-1.0.yaml")
    assert read_lock(card) is None
    file = lock_file(card)
    assert file == tmp_path / "pylock.mine-1-0.toml"  # PEP 751 allows no dot in a name
    file.write_text('lock-version = "1.0"\n')
    with pytest.raises(InputError, match=r"pylock\.mine-1-0\.toml: not a locked set of this library") as caught:
        read_lock(card)
    assert "env lock mine-1.0" in caught.value.hint
    file.write_text("lock-version = \n")
    with pytest.raises(InputError, match=r"not TOML: Invalid value \(at line 1, column 16\)"):
        read_lock(card)


def test_without_uv_no_lock_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="made by uv, which is not installed"):
        resolve(CARDS["rtmpose"], "2026-11-28")


@pytest.mark.skipif(not os.environ.get("MABENCH_TEST_LOCKS"), reason="MABENCH_TEST_LOCKS is not set")
@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
@pytest.mark.parametrize("name", CARDS)
def test_resolved_again_as_of_its_date_it_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    card, lock = CARDS[name], read_lock(CARDS[name])
    file = lock_file(card)
    assert file
    assert lock
    monkeypatch.setattr(locks, "own_requirements", lambda extra: tuple(sorted(OWN)))
    assert resolve(card, lock.date) == file.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="cannot be resolved as of"):
        resolve(replace(card, packages=(*card.packages, "numpy==99")), lock.date)
