"""Cards, their schema, where they come from, and how they are named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mabench_eval.catalogue import TaskCard, load_catalogue, select_tasks
from mabench_eval.catalogue.registry import REGISTRY
from mabench_eval.catalogue.schema import read_card
from mabench_eval.engines import open_engine
from mabench_eval.errors import InputError
from mabench_eval.taxonomy import OFFICIAL_TASKS

GOOD = """\
name: XYZ
full_name: Example Task
tier: perceptual recognition
answer: choice
options: [A, B, C]
chance: 1/3
system_prompt: Answer.
user_prompt: "{question}"
max_tokens: 8
version: 1
"""


def card_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tasks" / "xyz.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read_card(path, TaskCard)
    return caught.value.problems or (caught.value.message,)


def test_the_eight_tasks_as_published() -> None:
    tasks = load_catalogue().check().tasks
    assert tuple(tasks) == OFFICIAL_TASKS
    chance = {name: task.chance for name, task in tasks.items()}
    # seven letters, five letters, Yes or No
    assert chance == {
        "CMAR": pytest.approx(1 / 7),
        "FMAR": pytest.approx(1 / 5),
        "SAD": 0.5,
        "MAD": 0.5,
        "MAS": 0.5,
        "PPR": 0.5,
        "MADU": None,
        "MARE": None,
    }
    assert [task.name for task in tasks.values() if not task.closed] == ["MADU", "MARE"]


def test_a_good_card_is_read_with_fractions_and_lists(tmp_path: Path) -> None:
    card = read_card(card_file(tmp_path, GOOD), TaskCard)
    assert (card.options, card.rubric) == (("A", "B", "C"), None)
    assert card.chance == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("system_prompt:", "sytem_prompt:"), "xyz.yaml:7: unknown key 'sytem_prompt'; did you mean 'system_prompt'?"),
        (("max_tokens: 8\n", ""), "xyz.yaml:1: missing key 'max_tokens'"),
        (("max_tokens: 8", "max_tokens: eight"), "xyz.yaml:9: max_tokens: expected int, got str 'eight'"),
        (("max_tokens: 8", "max_tokens: true"), "xyz.yaml:9: max_tokens: expected int, got bool True"),
        (("answer: choice", "answer: choise"), "xyz.yaml:4: answer: 'choise' is none of choice, yes_no, text; did you"),
        (("chance: 1/3", "chance: 1/0"), "xyz.yaml:6: chance: expected a number or a fraction such as 1/7, got '1/0'"),
        (("options: [A, B, C]", "options: A"), "xyz.yaml:5: options: expected a list, got 'A'"),
        (("name: XYZ", "name: XYZ\nname: ABC"), "xyz.yaml:2: key 'name' stands twice (first in line 1)"),
        (("name: XYZ", "name: 12"), "xyz.yaml:1: name: expected str, got int 12 (quote it)"),
        (("tier: perceptual recognition", "tier: ["), "not valid YAML"),
        ((GOOD, "- a\n- b\n"), "xyz.yaml:1: a card is a list of `key: value` lines"),
    ],
)
def test_a_broken_card_is_an_error_with_file_line_and_suggestion(
    tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    assert any(expected in problem for problem in problems_of(card_file(tmp_path, GOOD.replace(*change))))


def test_all_problems_of_a_card_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("tier: perceptual recognition", "tier: perception").replace("version: 1", "verison: 1")
    assert [problem.split(":")[1] for problem in problems_of(card_file(tmp_path, text))] == ["1", "3", "10"]


def test_a_users_task_joins_after_the_papers(tmp_path: Path) -> None:
    card_file(tmp_path, GOOD)
    assert tuple(load_catalogue([tmp_path]).check().tasks) == (*OFFICIAL_TASKS, "XYZ")


def test_a_name_defined_twice_names_both_files(tmp_path: Path) -> None:
    path = card_file(tmp_path, GOOD.replace("name: XYZ", "name: cmar"))
    with pytest.raises(
        InputError, match=r"'cmar' is defined twice: in .*tasks/cmar\.yaml and in .*xyz\.yaml"
    ) as caught:
        load_catalogue([tmp_path]).check()
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("all", "CMAR FMAR SAD MAD MAS PPR MADU MARE"),
        ("closed", "CMAR FMAR SAD MAD MAS PPR"),
        ("OPEN", "MADU MARE"),
        ("Relational", "SAD MAD MAS PPR"),
        ("interpretive reasoning", "MADU MARE"),
        ("fmar, cmar,FMAR", "CMAR FMAR"),
        ("mare,perceptual", "CMAR FMAR MARE"),
    ],
)
def test_task_selection(spec: str, names: str) -> None:
    assert [task.name for task in select_tasks(spec, load_catalogue().tasks)] == names.split()


def test_unknown_task_has_a_suggestion_and_the_list() -> None:
    with pytest.raises(InputError) as caught:
        select_tasks("cmr", load_catalogue().tasks)
    assert "did you mean 'cmar'?" in str(caught.value)
    assert "CMAR, FMAR, SAD" in str(caught.value)


def test_unknown_model_has_a_suggestion_and_the_list() -> None:
    with pytest.raises(InputError, match="did you mean 'random'") as caught:
        load_catalogue().model("randon")
    assert "constant" in caught.value.hint


def test_names_are_found_in_any_case() -> None:
    assert load_catalogue().model("RANDOM").name == "random"


def test_a_python_file_joins_by_include(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from mabench_eval import register_model\n"
        "@register_model('mine')\n"
        "def mine(frames, prompt):\n    'Says B.'\n    return 'B'\n"
    )
    card = load_catalogue([file]).check().model("mine")
    assert (card.engine, card.description, card.needs_frames, card.source) == ("python", "Says B.", True, file)


MINE = "from mabench_eval import register_model\n@register_model('mine')\ndef mine(frames, prompt): return 'B'\n"


def test_a_package_joins_by_include(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "models").mkdir(parents=True)  # of its own, and no folder of cards
    (folder / "models" / "__init__.py").write_text(MINE)
    (folder / "__init__.py").write_text("from .models import mine\n")
    card = load_catalogue([folder]).check().model("mine")
    assert card.source == folder / "models" / "__init__.py"


def test_a_card_with_a_folder_of_code_beside_it(tmp_path: Path) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "models" / "mine.yaml").write_text("name: mine\nengine: python\ndescription: of a folder\n")
    (tmp_path / "models" / "mine" / "__init__.py").write_text(MINE)
    for _ in range(2):  # the code is imported when the card is used; then it is no second model of the name
        card = load_catalogue([tmp_path]).check().model("mine")
        assert card.description == "of a folder"
        assert open_engine(card, 0).identity["name"] == "mine"


@pytest.mark.parametrize("card", [True, False])
def test_code_in_a_file_and_in_a_folder_is_an_error_that_names_both(card: bool, tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / "mine").mkdir(parents=True)
    (models / "mine" / "__init__.py").write_text(MINE)
    (models / "mine.py").write_text(MINE)
    if card:
        (models / "mine.yaml").write_text("name: mine\nengine: python\ndescription: of both\n")
    (problem,) = load_catalogue([tmp_path]).problems
    assert problem == f"{models / 'mine'} and {models / 'mine.py'}: the code is one or the other"


def test_a_module_beside_a_file_is_told_the_way_to(tmp_path: Path) -> None:
    """Its folder is not put on Python's path, where the helper of one model would be taken for that of another."""
    (tmp_path / "mine.py").write_text("import helper_of_mine\n")
    (tmp_path / "helper_of_mine.py").write_text("")
    (problem,) = load_catalogue([tmp_path / "mine.py"]).problems
    assert problem.startswith(
        f"{tmp_path / 'mine.py'}:1: ModuleNotFoundError: No module named 'helper_of_mine', though"
    )
    assert f"make {tmp_path} a package" in problem
    (tmp_path / "helper_of_mine.py").unlink()
    assert load_catalogue([tmp_path / "mine.py"]).problems[0].endswith("No module named 'helper_of_mine'")


def test_a_broken_python_file_is_one_line_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("x = 1\nraise ValueError('no\\nluck')\n")
    catalogue = load_catalogue([file])
    assert catalogue.problems == (f"{file}:2: ValueError: no luck",)
    assert "random" in catalogue.models
    with pytest.raises(InputError):
        catalogue.check()


def test_an_include_that_is_nothing_says_what_is_expected(tmp_path: Path) -> None:
    assert "neither a Python file, nor a package" in load_catalogue([tmp_path / "no"]).problems[0]


def test_the_same_name_from_two_files_is_an_error(tmp_path: Path) -> None:
    source = "from mabench_eval import register_model\n@register_model('twin')\ndef f(frames, prompt): return 'A'\n"
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_text(source)
    second.write_text(source)
    problems = load_catalogue([first, second]).problems
    assert len(problems) == 1
    assert str(first) in problems[0]
    assert str(second) in problems[0]


def test_plugins_by_entry_point(tmp_path: Path) -> None:
    """Two installed packages: one brings a folder and a decorated model, the other cannot be imported."""
    good, bad = tmp_path / "good_plugin", tmp_path / "bad_plugin"
    (good / "tasks").mkdir(parents=True)
    (good / "tasks" / "xyz.yaml").write_text(GOOD)
    (good / "__init__.py").write_text(
        "from mabench_eval import register_model\n@register_model('plugged')\ndef f(frames, prompt): return 'A'\n"
    )
    bad.mkdir()
    (bad / "__init__.py").write_text("import no_such_module_at_all\n")
    for name in ("good_plugin", "bad_plugin"):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[mabench_eval]\n{name} = {name}\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from mabench_eval.catalogue import load_catalogue\n"
        "c = load_catalogue().check()\n"
        "assert 'XYZ' in c.tasks and 'plugged' in c.models, c\n"
        "(warning,) = c.warnings\n"
        "assert 'bad_plugin' in warning and '__init__.py:1' in warning and '\\n' not in warning, warning\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_card_whose_adapter_registers_another_name(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lost.yaml").write_text("name: lost\nengine: python\ndescription: none\n")
    (tmp_path / "models" / "lost.py").write_text("")
    card = load_catalogue([tmp_path]).check().model("lost")
    with pytest.raises(InputError, match="does not register 'lost'"):
        open_engine(card, 0)
    assert "lost" not in REGISTRY.models


def test_an_engine_that_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "odd.yaml").write_text("name: odd\nengine: pyhton\ndescription: none\n")
    card = load_catalogue([tmp_path]).check().model("odd")
    with pytest.raises(InputError, match="no engine 'pyhton'; did you mean 'python'"):
        open_engine(card, 0)
