"""Which file a question's clip is: as named, else by case, Unicode form, extension and sub-folder; never outside."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from mabench_eval.benchmark import load_benchmark, read_clips
from mabench_eval.benchmark.clip_files import find_clip_files
from mabench_eval.catalogue import load_catalogue
from mabench_eval.errors import InputError
from tests.support.benchmarks import Ask, rows_of_clip, write_clip, write_rows

Form = Literal["NFC", "NFD"]


def found(folder: Path, name: str, files: Sequence[str]) -> str:
    """The file that a name stands for in a folder of these files, or what is wrong."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    path = find_clip_files([name], folder)[name]
    return path if isinstance(path, str) else path.relative_to(folder).as_posix()


@pytest.mark.parametrize(
    ("name", "files", "wanted"),
    [
        ("a", ["a.mp4"], "a.mp4"),
        ("a", ["a.mp4", "a.webm", "A.MP4", "deep/a.mp4"], "a.mp4"),  # as named, in the folder itself
        ("a", ["a.MP4"], "a.MP4"),
        ("a.MP4", ["a.MP4"], "a.MP4"),
        ("a.MP4", ["a.mp4"], "a.mp4"),
        ("A", ["a.mp4"], "a.mp4"),
        ("a", ["a.webm"], "a.webm"),
        ("a.webm", ["a.webm", "a.mp4"], "a.webm"),
        ("a.webm", ["a.mp4"], "a.mp4"),
        ("a", ["a"], "a"),
        ("a", ["a.webm", "A.mp4"], "a.webm"),  # spelling before extension
        ("a.dat", ["a.dat", "a.mp4"], "a.dat"),
        ("a", ["a.json", "a.txt"], "a.mp4: missing"),
        ("a.v2", ["a.v2.mp4", "a.mp4"], "a.v2.mp4"),
        ("a.mov", ["a.mov.mp4"], "a.mov.mp4"),
        ("a", ["deep/a.mp4"], "deep/a.mp4"),
        ("a", ["deep/er/a.mov"], "deep/er/a.mov"),
        ("day/a", ["day/a.mp4", "a.mp4", "other/day/a.mp4"], "day/a.mp4"),
        ("day/a", ["other/day/a.mp4", "a.mp4"], "other/day/a.mp4"),
        ("day/a", ["Day/A.MP4"], "Day/A.MP4"),
        ("day/a", ["a.mp4", "birthday/a.mp4"], "day/a.mp4: missing"),
        ("a", ["deep/a.mp4", "deep/a.webm"], "deep/a.mp4"),
        ("a", [".hidden/a.mp4"], "a.mp4: missing"),
        ("a", ["a/0001.mp4"], "a.mp4: missing"),  # a folder of pictures
        ("a", ["a/0001.jpg", "a.webm"], "a.webm"),
        ("gone.webm", ["a.mp4"], "gone.webm: missing"),
        # two that fit alike
        ("a", ["a.webm", "a.avi"], "a.mp4: two files fit it: a.avi and a.webm"),
        ("a", ["A.mp4", "a.MP4"], "a.MP4"),  # spelled as the name is
        ("ab", ["Ab.mp4", "aB.mp4"], "ab.mp4: two files fit it: Ab.mp4 and aB.mp4"),
        ("a", ["x/a.mp4", "y/a.mp4"], "a.mp4: two files fit it: x/a.mp4 and y/a.mp4"),
        ("day/a", ["x/day/a.mp4", "y/day/a.mp4"], "day/a.mp4: two files fit it: x/day/a.mp4 and y/day/a.mp4"),
    ],
)
def test_the_file_that_fits_best(tmp_path: Path, name: str, files: list[str], wanted: str) -> None:
    if len({file.casefold() for file in files}) < len(files) and not case_matters(tmp_path):
        pytest.skip("this file system has no two names that differ by case alone")
    assert found(tmp_path / "videos", name, files) == wanted


def case_matters(folder: Path) -> bool:
    (folder / "case").touch()
    return not (folder / "CASE").exists()


@pytest.mark.parametrize("named", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_unicode_forms_of_a_name_are_one_name(tmp_path: Path, named: Form, stored: Form) -> None:
    name = "größe-café"
    file = unicodedata.normalize(stored, name) + ".mp4"
    assert found(tmp_path, unicodedata.normalize(named, name), [file]) == file


@pytest.mark.parametrize(
    "name", ["../a", "a/../../b", "/etc/a", "C:a", "a\\b", "a//b", "a/", "./a", "a/.", "a\0b", "..", "day/..mp4"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    rows = [{**row, "video": name} for row in rows_of_clip("a")[:1]]
    with pytest.raises(InputError) as caught:
        load_benchmark(str(write_rows(tmp_path / "questions.json", rows)), load_catalogue().tasks)
    assert "is no path inside the clip folder" in caught.value.problems[0]


def test_links_to_folders_are_not_entered_and_links_to_files_are_followed(tmp_path: Path) -> None:
    """A folder of links to files is how the hub stores downloads; a linked folder could be anything, or a circle."""
    outside, videos = tmp_path / "outside", tmp_path / "videos"
    write_clip(outside / "a.mp4")
    videos.mkdir()
    (videos / "linked").symlink_to(outside)
    (videos / "circle").symlink_to(videos)
    assert find_clip_files(["a", "linked/a", "circle/linked/a"], videos) == {
        "a": "a.mp4: missing",
        "linked/a": "linked/a.mp4: missing",
        "circle/linked/a": "circle/linked/a.mp4: missing",
    }
    (videos / "b.mp4").symlink_to(outside / "a.mp4")
    assert read_clips(["b"], videos)["b"].path == videos / "b.mp4"
    (tmp_path / "named").symlink_to(videos)  # the clip folder itself may be a link
    assert read_clips(["b"], tmp_path / "named")["b"].sha256 == read_clips(["b"], videos)["b"].sha256


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "broken.mp4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round.mp4").symlink_to(tmp_path / "round.mp4")
    with pytest.raises(InputError) as caught:
        read_clips(["pipe", "broken", "round"], tmp_path)
    pipe, broken, circle = caught.value.problems
    assert (pipe, broken) == ("pipe.mp4: unreadable: not a file", "broken.mp4: missing")
    assert circle.startswith("round.mp4: unreadable: ")


def test_a_folder_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many names: the folder for all of them, and once more with its sub-folders for those that it lacks."""
    names = [f"clip{number}" for number in range(300)]
    for name in names:
        (tmp_path / f"{name}.MP4").touch()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "more.mp4").touch()
    listed: list[str] = []
    real = os.scandir

    def counting(path: str) -> object:
        listed.append(os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", counting)
    assert len(find_clip_files(names, tmp_path)) == 300
    assert len(listed) == 1
    assert find_clip_files([*names, "more", "less"], tmp_path)["more"] == tmp_path / "deep" / "more.mp4"
    assert len(listed) == 1 + 1 + 2


def test_a_run_takes_clips_of_any_kind_from_sub_folders(tmp_path: Path, ask: Ask) -> None:
    """The name of a clip is what the questions say, wherever its file is."""
    names = ["morning/a.webm", "b.MP4", "c"]
    rows = [row for number, name in enumerate(names) for row in rows_of_clip("x", number)]
    for number, row in enumerate(rows):
        row["video"] = names[number // 12]
    film_of(tmp_path / "videos" / "morning" / "a.webm")
    film_of(tmp_path / "videos" / "b.mp4")
    film_of(tmp_path / "videos" / "evening" / "C.avi")
    result = ask(write_rows(tmp_path / "questions.json", rows))
    assert result.complete
    assert list(dict.fromkeys(sample.clip for sample in result.samples)) == names


def film_of(path: Path) -> Path:
    from tests.support.clips import film

    codecs = {".webm": "libvpx", ".avi": "mpeg4"}
    return film(path, codec=codecs.get(path.suffix, "libx264"))
