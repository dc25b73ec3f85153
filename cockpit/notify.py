"""To tell that runs have ended: the terminal's bell and its notification, or a command of the user's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence

from cockpit.config import config
from engine.contract.cleaning import clean


def in_words(group: str, words: Sequence[str]) -> str:
    """`quickstart: 3 finished, 1 failed`, from the states that a group's runs ended in."""
    return clean(f"{group}: " + ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)))


def trouble() -> str:
    """Why the user's command could not be run; empty where it can, or there is none.

    Raises:
        UserError: the configuration is not as it must be.
    """
    path, held = config()
    command = held.notify.command
    if not command or shutil.which(command[0]):
        return ""
    return f"{path}: notify.command: no program {command[0]!r} is found, so nobody will be told that runs have ended"


def ring(group: str, words: Sequence[str]) -> None:
    """Ring the bell of the terminal we print to, and have it show a notification (OSC 9), unless that is unwanted."""
    if sys.stdout.isatty() and config()[1].notify.bell:
        sys.stdout.write(f"\x1b]9;cockpit: {in_words(group, words)}\x07\x07")
        sys.stdout.flush()


def call(group: str, words: Sequence[str]) -> None:
    """Run the user's command, if there is one, with what happened as its last argument; nothing waits for it.

    Raises:
        UserError: the configuration is not as it must be.
        OSError: the command cannot be started.
    """
    command = config()[1].notify.command
    if command:
        told = subprocess.Popen([*command, in_words(group, words)], stdin=subprocess.DEVNULL, start_new_session=True)
        # Somebody must take its exit code, and the queue has no time to wait.
        threading.Thread(target=told.wait, daemon=True).start()
