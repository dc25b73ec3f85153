"""What makes an engine save and leave, and what does not make it leave unsaved."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import os, signal, time
from engine.stopping import Stop
stop = Stop()
stop.listen()
for name in {signals!r}:
    os.kill(os.getpid(), getattr(signal, name))
end = time.monotonic() + 3
while not stop.signal_name and time.monotonic() < end:
    time.sleep(0.01)
print(stop.signal_name)
"""


def told(*signals: str, **environment: str) -> tuple[int, str]:
    command = [sys.executable, "-c", SCRIPT.format(signals=signals)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "", **environment})
    return ran.returncode, ran.stdout.strip()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGUSR1"])
def test_a_signal_is_a_request(name: str) -> None:
    assert told(name) == (0, name)


def test_a_repeated_warning_of_a_scheduler_says_nothing_new() -> None:
    assert told("SIGUSR1", "SIGUSR1") == (0, "SIGUSR1")
    assert told("SIGTERM", "SIGUSR1") == (0, "SIGTERM")


def test_a_second_term_ends_it_at_once() -> None:
    assert told("SIGTERM", "SIGTERM")[0] == -15


def test_a_deadline_is_a_request_of_its_own() -> None:
    assert told(COCKPIT_DEADLINE="1") == (0, "SIGALRM")
