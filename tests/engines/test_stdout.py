"""What a repository's code writes to stdout, in whatever way, is taken away, and its end kept for an error."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from mabench_eval.engines.local.stdout import KEPT, stdout_taken
from mabench_eval.errors import LONGEST_PRINTED, error_at, trace_of


def of_c(text: str) -> None:
    """By the C library, which keeps it in a buffer of its own until somebody asks for it."""
    ctypes.CDLL(None).printf(b"%s\n", text.encode())


def of_a_thread(text: str) -> None:
    thread = threading.Thread(target=print, args=(text,))
    thread.start()
    thread.join()


WAYS: dict[str, Callable[[str], object]] = {
    "print": print,
    "sys.stdout.buffer": lambda text: sys.stdout.buffer.write(f"{text}\n".encode()),
    "sys.__stdout__": lambda text: print(text, file=sys.__stdout__),
    "descriptor": lambda text: os.write(1, f"{text}\n".encode()),
    "C": of_c,
    "thread": of_a_thread,
    "child": lambda text: subprocess.run(["echo", text], check=True),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_comes_out_and_an_error_tells_the_last_line(way: str, capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    with pytest.raises(ValueError, match="broken") as caught, stdout_taken():
        WAYS[way]("a first line")
        WAYS[way]("frames must be a multiple of 4")
        raise ValueError("broken")
    print("after")
    assert capfd.readouterr().out == "before\nafter\n"
    assert error_at(caught.value).endswith("; printed before: frames must be a multiple of 4")
    assert trace_of(caught.value).endswith("the last of it:\na first line\nframes must be a multiple of 4")


def test_an_error_of_code_that_printed_nothing_is_as_it_was() -> None:
    with pytest.raises(ValueError, match="broken") as caught, stdout_taken():
        raise ValueError("broken")
    assert "printed before" not in error_at(caught.value)
    assert trace_of(caught.value).endswith("ValueError: broken")


def test_what_is_kept_is_bounded_and_is_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    """312 lines of 1,000 characters a question, of which 4,000 characters are kept; nothing of the next question's."""
    for question in ("first", "second"):
        with pytest.raises(ValueError, match="broken") as caught, stdout_taken():
            for number in range(312):
                print(f"{question} {number} " + "x" * 1000)
            os.write(1, b"y" * 10_000)
            raise ValueError("broken")
        (note,) = caught.value.__notes__
        assert 2 * KEPT <= len(note) <= 2 * KEPT + 100
        assert f"{question} 311" in note
        assert len(error_at(caught.value)) < LONGEST_PRINTED + 200
    assert "first" not in note
    assert capfd.readouterr().out == ""


def test_of_a_progress_bar_the_last_state_is_told() -> None:
    with pytest.raises(ValueError, match="broken") as caught, stdout_taken():
        for percent in (0, 50, 100):
            print(f"\rloading {percent} %", end="")
        print("\n\x1b[2J")
        raise ValueError("broken")
    assert caught.value.__notes__[0].splitlines()[1:] == ["loading 100 %", "⟨U+001B⟩[2J"]


def test_two_threads_at_once_each_tell_their_own_and_others_print(capfd: pytest.CaptureFixture[str]) -> None:
    """The main thread answers while another prepares the next clip, and a third, which was there, prints as ever."""
    meet, go, told = threading.Barrier(3), threading.Event(), {}

    def taken(name: str) -> None:
        meet.wait()
        try:
            with stdout_taken():
                print(f"{name} prints")
                meet.wait()  # all are within
                meet.wait()  # the bystander has printed
                raise ValueError(name)
        except ValueError as error:
            told[name] = error_at(error)

    threads = [threading.Thread(target=taken, args=(name,)) for name in ("answering", "preparing")]
    bystander = threading.Thread(target=lambda: (go.wait(), print("bystander")))
    for thread in (bystander, *threads):
        thread.start()
    meet.wait()
    meet.wait()
    go.set()
    bystander.join()
    print("main")
    meet.wait()
    for thread in threads:
        thread.join()
    print("after")
    assert all(told[name].endswith(f"printed before: {name} prints") for name in ("answering", "preparing"))
    assert capfd.readouterr().out == "bystander\nmain\nafter\n"


def test_a_logger_made_within_writes_to_stdout_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with stdout_taken():
        kept = sys.stdout
        kept.write("within\n")
    kept.write("afterwards\n")
    assert sys.stdout is not kept
    kept.flush()
    with stdout_taken():
        kept.write("within again\n")
    assert capfd.readouterr().out == "afterwards\n"


def test_it_goes_without_descriptor_1() -> None:
    """As in a process that was started without one."""
    code = (
        "import os; os.close(1)\n"
        "from mabench_eval.engines.local.stdout import stdout_taken\n"
        "with stdout_taken(): print('x')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
