"""The review page as reviewers use it: by keyboard alone, blind first, with the clip in motion."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import BuildFolder
from mabench_eval.construction.decisions import final_questions, read_reviews, review_report
from mabench_eval.construction.folder import QUESTIONS, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.reviewing import ReviewMaterial, ReviewServer, ReviewSession
from mabench_eval.runfiles import read_lines
from tests.browser.conftest import Watched
from tests.support.reviews import playable, review_build

expect = pytest.importorskip("playwright.sync_api", reason="pages are tested with playwright").expect

ATTACK = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e"
Serve = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    """Four clips, in a form that any browser plays (some lack H.264)."""
    folder = tmp_path_factory.mktemp("source")
    return playable(review_build(folder / "mine"), folder / "webm")


@pytest.fixture
def build(source: BuildFolder, tmp_path: Path) -> BuildFolder:
    for file in ("build.yaml", "clips.jsonl", "questions.jsonl"):
        (tmp_path / file).write_bytes((source.path / file).read_bytes())
    (tmp_path / "tracks").symlink_to(source.path / "tracks")
    return BuildFolder(tmp_path, source.settings)


@pytest.fixture
def serve(build: BuildFolder) -> Iterator[Serve]:
    """Serves the build to reviewers until the test ends: name -> address."""
    with ExitStack() as stack:

        def opened(*names: str, round_: int = 1) -> dict[str, str]:
            material = ReviewMaterial(build, load_catalogue().check().tasks)
            sessions = [stack.enter_context(closing(ReviewSession(material, name, round_))) for name in names]
            return stack.enter_context(ReviewServer(sessions)).addresses

        yield opened


def answers(build: BuildFolder) -> dict[str, str]:
    return {each.qid: each.answer for each in read_lines(BuiltQuestion, build.path / QUESTIONS, "")}


def shown(page: Any) -> str:
    """qid of the question in sight."""
    kicker: str = page.locator("#kicker").inner_text()
    return kicker.split(" · ")[1]


def step(page: Any, name: str) -> None:
    """Wait until the page is at that step: blind, decide, form."""
    page.wait_for_selector(f"body[data-step={name}]")


def until(page: Any, condition: str) -> None:
    """Wait until it holds; the page's policy lets nobody evaluate text in it, so that it is asked from outside."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def number(page: Any, place: int) -> None:
    """Wait for the question of that place."""
    expect(page.locator("#count")).to_contain_text(f"Question {place} of")


def test_two_reviewers_by_keyboard_alone(browser: Watched, build: BuildFolder, serve: Serve) -> None:
    """Eight Yes/No questions, four of each: anna is right on all, ben wrong on one of either; and eight others."""
    right, sad = answers(build), [qid for qid in answers(build) if qid.startswith("SAD")]
    wrong = [next(qid for qid in sad if right[qid] == answer) for answer in ("Yes", "No")]
    for name, address in serve("anna", "ben").items():
        page = browser.visit(address)
        for place in range(1, 17):
            number(page, place)
            qid = shown(page)
            if not qid.startswith("MADU"):
                step(page, "blind")
                said = right[qid][0]
                if name == "ben" and qid in wrong:
                    said = "N" if said == "Y" else "Y"
                page.keyboard.press(said.lower())
            step(page, "decide")
            page.keyboard.press("Enter")
        expect(page.locator("#saved")).to_contain_text("all questions are done")

    assert [right[qid] for qid in sad].count("Yes") == [right[qid] for qid in sad].count("No") == 4
    report = review_report(build)
    found = {each.task: each.blind for each in report.agreement}
    # Both say Yes to four and No to four: chance is 1/2, they agree on 6 of 8, kappa is (3/4 - 1/2) / (1 - 1/2).
    assert (found["SAD"].exact.value, found["SAD"].pairs[0].kappa.value) == (75.0, 0.5)
    assert found["CMAR"].exact.value == 100.0
    accuracy = {(each.reviewer, each.task): each.accuracy.value for each in report.accuracy}
    assert (accuracy["anna", "SAD"], accuracy["ben", "SAD"]) == (100.0, 75.0)
    assert report.by_reviewer == {"anna": {"accept": 16}, "ben": {"accept": 16}}
    assert len(final_questions(build).questions) == 16


def test_blind_first_and_nothing_of_the_answer_before(browser: Watched, build: BuildFolder, serve: Serve) -> None:
    page = browser.visit(serve("anna")["anna"])
    step(page, "blind")
    assert page.locator("#panel").inner_text().split() == ["Y", "Yes", "N", "No", "I", "cannot", "tell", "U"]
    assert "SAD/" not in page.content()
    assert not page.locator("#graphs").is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("d")  # neither accepts nor drops
    step(page, "blind")
    assert read_reviews(build.path).decisions == ()
    page.keyboard.press("u")
    step(page, "decide")
    expect(page.locator("#graphs")).to_be_visible()
    assert "You could not tell" in page.locator("#panel").inner_text()
    (blind,) = read_reviews(build.path).blinds
    assert blind.answer is None and 0 < blind.seconds < 60
    page.reload()
    step(page, "decide")  # what is open is where one begins again, and the blind answer stands


def test_the_clip_plays_slowly_and_by_frames(browser: Watched, serve: Serve) -> None:
    page = browser.visit(serve("anna")["anna"])
    step(page, "blind")
    until(page, "clip.video.currentTime > 0.2")
    page.keyboard.press("s")
    assert page.evaluate("clip.video.playbackRate") == 0.5
    page.keyboard.press("s")
    assert page.evaluate("clip.video.playbackRate") == 0.25
    page.keyboard.press(" ")
    until(page, "clip.video.paused")
    page.evaluate("clip.video.currentTime = 10.5 / 30")
    until(page, "!clip.video.seeking")  # by byte ranges
    page.keyboard.press(".")
    until(page, "!clip.video.seeking && Math.abs(clip.video.currentTime - 11.5 / 30) < 1e-3")
    page.keyboard.press(",")
    page.keyboard.press(",")
    until(page, "!clip.video.seeking && Math.abs(clip.video.currentTime - 9.5 / 30) < 1e-3")
    expect(page.locator("#time")).to_have_text("0.32 s · frame 10")
    assert page.evaluate("clip.video.loop && clip.video.muted")


def painted(page: Any, canvas: str) -> int:
    """Pixels of a canvas that are not clear."""
    count: int = page.evaluate(
        f"(() => {{ const c = document.getElementById('{canvas}'); const d = c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0;"
        " return n; })()"
    )
    return count


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (800, 1200)])
def test_overlay_and_graph(browser: Watched, serve: Serve, width: int, height: int) -> None:
    page = browser.visit(serve("anna")["anna"], width=width, height=height)
    step(page, "blind")
    assert painted(page, "overlay") == 0
    page.keyboard.press("y")
    step(page, "decide")
    page.keyboard.press(" ")
    until(page, "clip.video.paused")
    expect(page.locator("#graph-key")).to_contain_text("pose")
    assert painted(page, "overlay") > 500 and painted(page, "graph") > 500
    box, screen = (page.locator(each).bounding_box() for each in ("#overlay", "#clip"))
    # It lies on the picture, 240 x 320, which is as large as fits and in the middle.
    assert box["width"] / box["height"] == pytest.approx(240 / 320, rel=0.01)
    assert max(box["width"] / screen["width"], box["height"] / screen["height"]) == pytest.approx(1, abs=0.01)
    for side, length in (("x", "width"), ("y", "height")):
        assert abs(box[side] + box[length] / 2 - screen[side] - screen[length] / 2) < 2
    page.keyboard.press("o")
    assert painted(page, "overlay") == 0 and page.locator("#show-overlay").get_attribute("aria-pressed") == "false"
    browser.messages.clear()  # the browser has advice on reading a canvas several times


def test_every_decision_by_keys(browser: Watched, build: BuildFolder, serve: Serve) -> None:
    page = browser.visit(serve("anna")["anna"])
    right, qids = answers(build), []
    for place, key in enumerate(("c", "w", "d"), start=1):
        number(page, place)
        qids.append(shown(page))
        page.keyboard.press("y")
        step(page, "decide")
        page.keyboard.press(key)
        step(page, "form")
        if key == "w":
            text = page.locator(".form textarea")
            part = text.input_value().split("Does the ")[1].split(" keep")[0]
            text.fill("Does it?")
            page.keyboard.press("Enter")
            expect(page.locator("#alert")).to_contain_text("A reason is needed")
            page.keyboard.press("6")
            page.keyboard.press("Enter")
            expect(page.locator("#alert")).to_contain_text("do not ask for")  # the server reads them back
            text.fill(f"Does the {part} stay still the whole time?")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("5")
            page.keyboard.press("Enter")
    number(page, 4)
    said = {each.qid: each for each in read_reviews(build.path).decisions}
    assert [said[qid].act for qid in qids] == ["correct", "reword", "drop"]
    assert [said[qid].reason for qid in qids] == ["wrong answer", "unclear words", "wrong answer"]
    assert said[qids[0]].answer == ("No" if right[qids[0]] == "Yes" else "Yes")
    page.keyboard.press("ArrowLeft")
    number(page, 3)
    assert "decided: drop" in page.locator("#panel").inner_text()
    page.keyboard.press("Enter")  # it is accepted after all
    number(page, 4)
    assert {each.qid: each.act for each in read_reviews(build.path).decisions}[qids[2]] == "accept"
    browser.messages.clear()  # the browser tells of the request that was refused


def test_a_save_that_fails_is_told_and_tried_again(browser: Watched, build: BuildFolder, serve: Serve) -> None:
    page = browser.visit(serve("anna")["anna"])
    step(page, "blind")
    page.route("**/blind/*", lambda route: route.abort())
    page.keyboard.press("y")
    expect(page.locator("#alert")).to_contain_text("NOT SAVED")
    assert read_reviews(build.path).blinds == () and page.locator("body").get_attribute("data-step") == "blind"
    page.unroute("**/blind/*")
    step(page, "decide")
    assert len(read_reviews(build.path).blinds) == 1 and not page.locator("#alert").is_visible()
    browser.messages.clear()  # the browser tells of the request that failed


def test_what_others_wrote_is_text(browser: Watched, build: BuildFolder, serve: Serve) -> None:
    questions = read_lines(BuiltQuestion, build.path / QUESTIONS, "")
    attacked = [
        replace(each, text=ATTACK, answer=ATTACK, evidence={ATTACK: [ATTACK]})
        for each in questions
        if each.task == "MADU"
    ]
    write_rows(build.path / QUESTIONS, attacked)
    page = browser.visit(serve("anna")["anna"])
    step(page, "decide")
    page.keyboard.press("d")
    page.locator(".form input:not([type=radio])").fill(ATTACK)
    page.keyboard.press("Tab")
    page.locator("body").press("1")
    page.locator(".form button[type=submit]").click()
    number(page, 2)
    page.keyboard.press("ArrowLeft")
    number(page, 1)
    assert page.locator("#stem").inner_text().endswith("⟨U+202E⟩")
    assert page.locator("#panel").inner_text().count("<img src=x") >= 2 and page.locator("#panel img").count() == 0


def test_a_question_is_found_by_its_number(browser: Watched, build: BuildFolder, serve: Serve) -> None:
    for name, address in serve("anna", "ben").items():
        page = browser.visit(address)
        number(page, 1)
        rows = [row[0] for row in page.evaluate("backend.state()")["questions"]]
        page.fill("#go", str(rows.index("CMAR_0000") + 1))
        page.keyboard.press("Enter")
        expect(page.locator("#kicker")).to_contain_text("CMAR_0000")
        page.keyboard.press("a")
        step(page, "decide")
        page.keyboard.press("Enter" if name == "anna" else "d")
        if name == "ben":
            page.keyboard.press("1")
            page.keyboard.press("Enter")
        expect(page.locator("#count")).to_contain_text("1 done")
    assert review_report(build).disputed == 1


def test_later_rounds(browser: Watched, build: BuildFolder, serve: Serve, tmp_path: Path) -> None:
    first = read_lines(BuiltQuestion, build.path / QUESTIONS, "")[0]
    base = {"digest": first.digest, "qid": first.qid, "round": 1}
    for name, more in (("anna", {"act": "accept"}), ("ben", {"act": "drop", "reason": "ambiguous", "note": ATTACK})):
        file = tmp_path / f"{name}.json"
        whole = {"schema": 1, "form": "mabench-eval review", "reviewer": name, "build": ""}
        file.write_text(json.dumps({**whole, "decisions": [{**base, **more}]}))
        assert main(["review", str(build.path), "--merge", str(file)]) == 0
    page = browser.visit(serve("eva", round_=3)["eva"])
    expect(page.locator("#count")).to_contain_text("Question 1 of 1")
    step(page, "blind")
    assert "ambiguous" not in page.content()
    page.keyboard.press("y")
    step(page, "decide")
    assert "ben, round 1: drop · ambiguous" in page.locator(".others").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_contain_text("all questions are done")
    assert final_questions(build).disputed == 0


def test_the_one_file_page_and_its_way_back(browser: Watched, build: BuildFolder, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert main(["review", str(build.path), "--html", str(file)]) == 0
    page = browser.open(file)
    expect(page.locator("#begin")).to_contain_text("the answers of the questions among it")
    page.keyboard.type("../x")
    page.keyboard.press("Enter")
    assert not page.locator("#work").is_visible()
    page.fill("#name", "carl")
    page.keyboard.press("Enter")
    step(page, "blind")
    until(page, "clip.video.currentTime > 0.1")
    first = shown(page)
    page.keyboard.press("n")
    step(page, "decide")
    assert painted(page, "graph") > 500
    page.keyboard.press("Enter")
    number(page, 2)
    page.keyboard.press("y")
    step(page, "decide")
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "review-carl.json")
    assert main(["review", str(build.path), "--merge", str(tmp_path / "review-carl.json")]) == 0
    said = read_reviews(build.path)
    assert [(each.reviewer, each.qid, each.blind, each.act) for each in said.decisions] == [
        ("carl", first, "No", "accept")
    ]
    assert len(said.blinds) == 2
    page.reload()  # what this browser keeps is there again
    page.fill("#name", "carl")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_contain_text("1 done")


def test_a_page_with_links_plays_its_clips(browser: Watched, build: BuildFolder, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert main(["review", str(build.path), "--html", str(file), "--clips", "link", "--reviewer", "carl"]) == 0
    page = browser.open(file)
    step(page, "blind")
    until(page, "clip.video.currentTime > 0.1")
    assert all(address.startswith("file:") for address in browser.requests)
    browser.requests.clear()


@pytest.mark.parametrize("width", [800, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens(browser: Watched, serve: Serve, width: int, scheme: str) -> None:
    page = browser.visit(serve("anna")["anna"], width=width, height=800, scheme=scheme)
    step(page, "blind")
    for key, name in (("y", "decide"), ("c", "form")):
        page.keyboard.press(key)
        step(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
