"""What the thread that reads the runs folder says of it."""

from __future__ import annotations

import os
import threading

from fabricated import make, planned, record

from cockpit.tui import poller
from cockpit.tui.poller import Poller, RunsChanged


def test_it_says_when_the_last_folder_is_read_though_that_is_no_run(root, monkeypatch):
    # So little patience that each poll reads one.
    monkeypatch.setattr(poller, "FIRST_SECONDS", -1.0)
    monkeypatch.setattr(poller, "NEXT_SECONDS", -1.0)
    make(root, [record(planned(), 1)], outcome="finished")
    for number in range(3):
        empty = root / "quickstart" / f"empty{number}"
        empty.mkdir()
        os.utime(empty, (number, number))  # the run is read first
    unread: list[int] = []

    def post(message):
        unread.append(message.unread if isinstance(message, RunsChanged) else -1)
        if not unread[-1]:
            reading.stop()

    reading = Poller(root, 0.01, post)
    ends = threading.Timer(5.0, reading.stop)
    ends.start()
    reading.run()
    ends.cancel()
    assert unread == [3, 0]
