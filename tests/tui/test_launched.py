"""What is told of a queue's process that ended badly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cockpit.launch.supervisor import Begun, log_of_queue
from cockpit.tui.launched import Launched


def ended(root: Path, words: str, code: str) -> list[str]:
    """What is told of a process that wrote these words into the log, after another's, and left."""
    log = log_of_queue(root)
    log.parent.mkdir(parents=True)
    log.write_text("Traceback of last week\n")
    with log.open("ab") as file:
        queue = Begun(
            [sys.executable, "-c", f"print({words!r}, flush=True); {code}"], stdout=file, stdin=subprocess.DEVNULL
        )
    queue.logged = len("Traceback of last week\n")
    queue.wait()
    launched = Launched(root)
    launched.look_after(queue)
    return launched.complaints()


def test_only_its_own_last_words_are_told(root):
    assert ended(root, "no room", "raise SystemExit(1)") == ["the queue's process ended with code 1\nno room"]


def test_one_that_was_killed_is_no_complaint(root):
    assert ended(root, "at work", "import os; os.kill(os.getpid(), 9)") == []
