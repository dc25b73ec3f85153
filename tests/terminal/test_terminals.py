"""The app under the terminals there are: it opens, shows its places, leaves the terminal in order and ends well."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tui")]
from fabricated import make, planned, record
from pseudo import Terminal

from cockpit.tui.places import PLACES

#: A text or its ground in a colour that is not the terminal's own.
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:[34][0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
#: What each is known by, and what it sets.
ENVIRONMENTS = {
    "xterm": {"TERM": "xterm"},
    "xterm-256color": {"TERM": "xterm-256color"},
    "screen": {"TERM": "screen"},
    "no-color": {"NO_COLOR": "1"},
    "ascii": {"LC_ALL": "", "LANG": "C"},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_it_goes_through_its_places_and_quits(environment: Mapping[str, str], root: Path) -> None:
    make(root, [record(planned(), e) for e in range(1, 6)])
    command = [sys.executable, "-P", "-m", "cockpit.cli", "--runs", str(root)]
    terminal = Terminal(command, (80, 24), environment)
    try:
        terminal.until("1 Presets", 60.0)
        for number, place in enumerate(PLACES, 1):
            terminal.press(str(number).encode())
            terminal.until(f"{number} {place.title}", 60.0)
        assert terminal.screen.text().isascii() == ("LANG" in environment)
        assert bool(COLOUR.search(terminal.printed)) == ("NO_COLOR" not in environment)
        terminal.press(b"q")
        assert terminal.ended() == 0
    finally:
        terminal.close()
    assert "Traceback" not in terminal.printed
    # The terminal is given back: its own screen, a cursor that is seen, no report of the mouse.
    for left in ("\x1b[?1049l", "\x1b[?25h", "\x1b[?1000l"):
        assert terminal.printed.rfind(left) > terminal.printed.rfind(left[:-1] + ("l" if left[-1] == "h" else "h"))


def test_a_session_is_played_again(root: Path) -> None:
    run = make(root, [record(planned(), e) for e in range(1, 6)], outcome="finished")
    command = [
        sys.executable,
        "-P",
        "-m",
        "cockpit.cli",
        "replay",
        f"{run.parent.name}/{run.name}",
        "--runs",
        str(root),
    ]
    terminal = Terminal(command, (80, 24), {})
    try:
        terminal.until("replay", 60.0)
        terminal.press(b"\x1b")
        terminal.until("1 Presets", 60.0)
        terminal.press(b"q")
        assert terminal.ended() == 0
    finally:
        terminal.close()
    assert "Traceback" not in terminal.printed
