"""`build DIR init`: what is in, what stays out and why, a line each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mabench_eval.benchmark import find_clip_files
from mabench_eval.construction import BuildSettings, Intake, init_build, open_build
from mabench_eval.errors import InputError
from mabench_eval.journal import Silent
from tests.construction.scripted import write_clips
from tests.support.clips import film

Change = Callable[[Path], object]


def labels(folder: Path, *lines: str) -> None:
    with (folder / "labels.csv").open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def edited(folder: Path, old: str, new: str) -> None:
    file = folder / "labels.csv"
    file.write_text(file.read_text().replace(old, new))


def cut(folder: Path) -> None:
    clip = folder / "videos" / "b.mp4"
    clip.write_bytes(clip.read_bytes()[:-200])


def empty(folder: Path) -> None:
    (folder / "videos" / "b.mp4").write_bytes(b"")


def twin(folder: Path, label: str) -> None:
    shutil.copy(folder / "videos" / "a.mp4", folder / "videos" / "d.mp4")
    labels(folder, f"d.mp4,{label}")


def damaged(folder: Path) -> None:
    """Whole by its boxes, and nothing that can be decoded in it."""
    clip = folder / "videos" / "b.mp4"
    content = bytearray(clip.read_bytes())
    at = content.index(b"mdat") + 4
    content[at : at + 400] = bytes(400)
    clip.write_bytes(content)


def took(folder: Path, **changes: str) -> Intake:
    given = {"clips": str(folder / "videos"), "labels": str(folder / "labels.csv"), **changes}
    return init_build(folder / "mine", BuildSettings(1, **given), Silent())  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_clips(tmp_path, "abc")
    return tmp_path


def test_clips_are_in_with_all_that_is_known_of_them(folder: Path) -> None:
    intake = took(folder, subjects=r"^(\w)")
    assert [(row.clip, row.code, row.fine, row.coarse) for row in intake.clips] == [
        ("a", "B1", "Nodding", "Head"),
        ("b", "C5", "Waving", "Upper limb"),
        ("c", "D1", "Tiptoe", "Lower limb"),
    ]
    first = intake.clips[0]
    assert (first.frames, first.fps, first.seconds, first.width, first.height) == (12, 30.0, 0.4, 64, 48)
    assert first.subject == "a"
    assert not intake.left_out
    assert not intake.notes
    again = open_build(folder / "mine")
    assert tuple(again.clips()) == intake.clips
    assert again.settings.sides == "viewer"


PROBLEMS: dict[str, tuple[Change, str, str]] = {
    "missing label": (lambda f: edited(f, "b.mp4,Waving\n", ""), "ac", "b.mp4: no label"),
    "missing clip": (lambda f: (f / "videos" / "b.mp4").unlink(), "ac", "labels.csv:3: b.mp4: missing"),
    "label of no clip": (lambda f: labels(f, "z.mp4,Waving"), "abc", "labels.csv:5: z.mp4: missing"),
    "unknown label": (
        lambda f: edited(f, "Waving", "Waveing"),
        "ac",
        "labels.csv:3: clip b: no action 'Waveing' among the 52 of the taxonomy; did you mean 'Waving'?",
    ),
    "empty label": (lambda f: edited(f, "Waving", ""), "ac", "labels.csv:3: clip b.mp4 has no label"),
    "second label": (
        lambda f: labels(f, "b.mp4,Nodding"),
        "ac",
        "labels.csv:5: clip b has a second label, 'Nodding'; the first, in labels.csv:3, is 'Waving'",
    ),
    "cut clip": (cut, "ac", "b.mp4: unreadable: cut off or damaged"),
    "empty clip": (empty, "ac", "b.mp4: unreadable: empty file"),
    "damaged clip": (damaged, "ac", "b.mp4 cannot be decoded: "),
}


@pytest.mark.parametrize(("change", "stay", "problem"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_what_cannot_be_used_is_one_line_and_the_rest_goes_on(
    folder: Path, change: Change, stay: str, problem: str
) -> None:
    change(folder)
    intake = took(folder)
    assert "".join(row.clip for row in intake.clips) == stay
    lines = [each.problem.replace(f"{folder / 'labels.csv'}", "labels.csv") for each in intake.left_out]
    assert len(lines) == 1
    assert lines[0].startswith(problem.format(folder))
    assert "\n" not in lines[0]
    assert open_build(folder / "mine").left_out() == list(intake.left_out)


FORMS = {"a.webm": "libvpx", "b.mkv": "libx264", "c.AVI": "mpeg4"}


def test_clips_of_all_containers_and_subfolders_are_in_by_the_rule_of_question_files(folder: Path) -> None:
    """Of two files of one name the .mp4 is it; the other has its extension in its name, and so its own tracks."""
    (folder / "videos" / "morning").mkdir()
    shutil.move(folder / "videos" / "c.mp4", folder / "videos" / "morning" / "c.mp4")
    for file, codec in FORMS.items():
        film(folder / "videos" / "more" / file, 6, codec=codec)
    film(folder / "videos" / "a.webm", 6, codec="libvpx")
    (folder / "labels.csv").write_text(
        "clip,label\na.mp4,Nodding\na.webm,Waving\nB,Tiptoe\nmorning/c.mp4,Nodding\nmore/a,Nodding\n"
        "more/b.mkv,Waving\nmore/C.avi,Tiptoe\n"
    )
    intake = took(folder)
    assert not intake.left_out
    assert {row.clip: (row.file, row.fine, row.frames) for row in intake.clips} == {
        "a": ("a.mp4", "Nodding", 12),
        "a.webm": ("a.webm", "Waving", 6),
        "b": ("b.mp4", "Tiptoe", 12),
        "morning/c": ("morning/c.mp4", "Nodding", 12),
        "more/a": ("more/a.webm", "Nodding", 6),
        "more/b": ("more/b.mkv", "Waving", 6),
        "more/c": ("more/c.AVI", "Tiptoe", 6),
    }
    assert all(intake.folder.file_of(row).is_file() for row in intake.clips)
    names = [row.clip for row in intake.clips]
    files = find_clip_files(names, folder / "videos")  # and what is built of them leads back
    assert {row.clip: folder / "videos" / row.file for row in intake.clips} == files


def test_a_name_that_fits_two_files_and_names_that_leave_the_folder_stay_out(folder: Path) -> None:
    shutil.copy(folder / "videos" / "a.mp4", folder / "outside.mp4")
    for place in ("morning", "evening"):
        (folder / "videos" / place).mkdir()
        shutil.copy(folder / "videos" / "c.mp4", folder / "videos" / place / "d.mp4")
    rows = ["d,Waving", "../outside.mp4,Waving", f"{folder}/outside.mp4,Waving", "C:\\a.mp4,Waving"]
    labels(folder, *rows)
    intake = took(folder)
    problems = [each.problem.split("labels.csv:")[-1] for each in intake.left_out]
    inside = "is no path inside the clip folder, such as a.mp4 or morning/a.mp4"
    assert problems == [
        f"6: clip name '../outside' {inside}",
        f"7: clip name '{folder}/outside' {inside}",
        f"8: clip name 'C:\\\\a' {inside}",
        "5: d.mp4: two files fit it: evening/d.mp4 and morning/d.mp4",
        "evening/d.mp4: no label",
        "morning/d.mp4: no label",
    ]
    assert [row.clip for row in intake.clips] == ["a", "b", "c"]


def test_the_same_label_twice_is_one_label(folder: Path) -> None:
    labels(folder, "b.mp4,Waving")
    assert len(took(folder).clips) == 3


def test_twins_of_one_label_are_told_and_of_two_labels_out(folder: Path) -> None:
    twin(folder, "Nodding")
    intake = took(folder)
    assert [row.clip for row in intake.clips] == ["a", "b", "c", "d"]
    assert intake.notes == ("d.mp4: the same bytes as a.mp4, and the same label; all are in",)
    edited(folder, "d.mp4,Nodding", "d.mp4,Tiptoe")
    intake = took(folder)
    assert [row.clip for row in intake.clips] == ["b", "c"]
    assert [each.problem for each in intake.left_out] == [
        "a.mp4 has several labels, by its twins",
        "d.mp4 has the same bytes as a.mp4, and not all have one label (Tiptoe, Nodding)",
    ]


def test_a_body_part_that_is_another_actions_is_told(folder: Path) -> None:
    file = folder / "labels.csv"
    file.write_text("clip,label,body_part\na,Nodding,Head\nb,Waving,Head\nc,Tiptoe,\n")
    intake = took(folder)
    assert [each.problem.split(": ", 1)[1] for each in intake.left_out] == [
        "clip b: its body part is 'Head', that of 'Waving' is 'Upper limb'"
    ]


def test_any_taxonomy_will_do(folder: Path) -> None:
    (folder / "actions.csv").write_text("code,action,body_part\nX1,Blinking,Face\n")
    (folder / "labels.csv").write_text("clip,label\na,Blinking\nb,x1\nc,Nodding\n")
    intake = took(folder, taxonomy=str(folder / "actions.csv"))
    assert [(row.fine, row.coarse) for row in intake.clips] == [("Blinking", "Face")] * 2
    assert "no action 'Nodding' among the 1 of the taxonomy" in intake.left_out[0].problem
    assert (folder / "mine" / "actions.csv").read_text() == (folder / "actions.csv").read_text()


def test_init_again_writes_the_same(folder: Path) -> None:
    took(folder)
    before = {file.name: file.read_bytes() for file in (folder / "mine").iterdir()}
    took(folder)
    assert {file.name: file.read_bytes() for file in (folder / "mine").iterdir()} == before


def no_clip_folder(folder: Path) -> None:
    shutil.rmtree(folder / "videos")


def no_clips(folder: Path) -> None:
    for clip in (folder / "videos").iterdir():
        clip.unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (no_clip_folder, "cannot be listed: No such file or directory"),
        (no_clips, "no file there ends in .3gp, .avi, .flv, .gif, .m4v, .mkv, .mov, .mp4"),
        (lambda f: (f / "labels.csv").unlink(), "cannot read"),
        (lambda f: edited(f, "action", "what"), "no column for the label"),
        (lambda f: (f / "labels.csv").write_text("clip,label\nz,Nodding\n"), "no clip is left of 3"),
    ],
)
def test_nothing_is_written_where_nothing_can_go_on(folder: Path, change: Change, message: str) -> None:
    change(folder)
    with pytest.raises(InputError, match=message):
        took(folder)
    assert not (folder / "mine").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sides: left", "'left' is none of viewer, person"),
        ("trackr: motion", "unknown key 'trackr'; did you mean 'tracker'"),
        ("tracker_settings: 3", "expected `key: value` pairs"),
        ("schema: 9", "schema 9 is of a later version"),
        ("clips: [", "not valid YAML"),
        ("tracker_settings: !!python/object/apply:os.getcwd []", "plain lists and mappings alone are taken"),
    ],
)
def test_settings_edited_by_hand_are_checked(folder: Path, line: str, message: str) -> None:
    took(folder)
    file = folder / "mine" / "build.yaml"
    key = line.split(":")[0]
    kept = [old for old in file.read_text().splitlines() if not old.startswith(f"{key}:")]
    file.write_text("\n".join([*kept, line, ""]))
    with pytest.raises(InputError) as error:
        open_build(folder / "mine")
    assert message in str(error.value)
    assert "build.yaml:" in str(error.value)


def test_a_folder_that_was_not_begun_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no benchmark under construction") as error:
        open_build(tmp_path)
    assert "init --clips DIR --labels FILE" in error.value.hint
