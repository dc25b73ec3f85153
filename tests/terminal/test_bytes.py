"""What the app sends through a real terminal: nothing at rest, little for an epoch. Counted, never timed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tui")]
from fabricated import append, make, planned, record
from pseudo import Screen, Terminal

from cockpit.tui import view

#: As in the budget: 8 runs at 120x30, an epoch of each in 2 KB at most.
SIZE, RUNS, BUDGET = (120, 30), 8, 2048


@pytest.fixture
def runs(root: Path) -> list[Path]:
    epochs = [record(planned(), e) for e in range(1, 9)]
    return [make(root, epochs, name=f"mixup0.{n}-seed{n}-aaaaa{n}", number=n % 4) for n in range(RUNS)]


@pytest.fixture
def opened(root: Path, runs: list[Path], request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """The app on eight runs at work, on the place the test names, everything drawn."""
    view.save(root, view.View(place=getattr(request, "param", "sessions")))
    terminal = Terminal([sys.executable, "-P", "-m", "cockpit.cli", "--runs", str(root)], SIZE, {})
    try:
        terminal.until(f"● {RUNS}", 60.0)
        terminal.settle(1.5, 60.0)
        yield terminal
    finally:
        terminal.close()


@pytest.mark.parametrize("opened", ["presets", "sessions", "compare", "matrix"], indirect=True)
def test_at_rest_nothing_is_sent(opened: Terminal) -> None:
    assert opened.watch(3.0) == 0


def test_a_session_that_has_ended_sends_nothing_at_rest(root: Path) -> None:
    make(root, [record(planned(), e) for e in range(1, 9)], outcome="stopped")
    view.save(root, view.View(place="sessions"))
    terminal = Terminal([sys.executable, "-P", "-m", "cockpit.cli", "--runs", str(root)], SIZE, {})
    try:
        terminal.until("8/40", 60.0)
        terminal.press(b"\r")
        terminal.until("learning rate", 60.0)
        terminal.settle(1.5, 60.0)
        assert terminal.watch(3.0) == 0
    finally:
        terminal.close()


def test_an_epoch_of_eight_runs_fits_the_budget(opened: Terminal, runs: list[Path]) -> None:
    for epoch in (9, 10):
        before = opened.sent
        for run in runs:
            append(run, record(planned(), epoch))
        opened.until(lambda shown, epoch=epoch: shown.count(f"{epoch}/40") == RUNS, 60.0)
        opened.settle(1.5, 60.0)
        assert 0 < opened.sent - before <= BUDGET


def test_a_key_that_moves_the_cursor_costs_two_lines(opened: Terminal) -> None:
    before = opened.sent
    opened.press(b"j")
    opened.settle(1.0, 60.0)
    assert 0 < opened.sent - before <= 1000


def test_the_screen_that_counts_knows_what_is_seen() -> None:
    screen = Screen(20, 3)
    for part in (
        b"\x1b[?1049h\x1b[2;3H\x1b[1;3",
        b"1mab\xe2\x97",
        b"\x8f\x1b[0m\x1b]0;title\x07c\x1b[1;1H",
        b"x\r\ny",
    ):
        screen.feed(part)
    assert screen.text() == "x\ny ab●c\n"


@pytest.mark.slow
def test_what_was_sent_in_parts_is_what_is_drawn_whole(opened: Terminal, runs: list[Path]) -> None:
    for epoch, run in enumerate(runs, 9):
        append(run, record(planned(), epoch if epoch < 12 else 9))
        opened.press(b"jjk")
        opened.settle(0.7, 60.0)
    in_parts = opened.screen.text()
    opened.press(b"3")
    opened.until("mark", 60.0)
    opened.settle(0.7, 60.0)
    opened.press(b"2")
    opened.until("space mark", 60.0)
    opened.settle(1.0, 60.0)
    assert opened.screen.text() == in_parts
