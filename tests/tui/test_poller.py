"""What the thread that reads the runs folder says of it."""

from __future__ import annotations

import os
import threading

from fabricated import append, make, planned, record

from cockpit import machine
from cockpit.tui import poller
from cockpit.tui.poller import Poller, PollFailed, RunsChanged


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


def test_gpus_that_cannot_be_looked_at_cost_the_masthead_their_load_and_nothing_else(root, monkeypatch):
    path = make(root, [record(planned(), 1)])
    looks, shown = [], []

    def gpus(engines):
        looks.append(engines)
        raise RuntimeError("Driver/library version mismatch")

    monkeypatch.setattr(machine, "gpus", gpus)
    monkeypatch.setattr(poller, "LOAD_SECONDS", -1.0)

    def post(message):
        assert isinstance(message, RunsChanged)
        shown.append([len(run.epochs) for run in message.snapshots])
        if not message.unread:
            if len(looks) > 1:
                reading.stop()
            append(path, record(planned(), 1 + len(shown)))

    reading = Poller(root, 0.01, post)
    ends = threading.Timer(5.0, reading.stop)
    ends.start()
    reading.run()
    ends.cancel()
    assert len(looks) > 1 and shown[-1] > shown[0]


def test_whatever_fails_after_the_runs_are_read_is_told_of_and_tried_again(root, monkeypatch):
    make(root, [record(planned(), 1)])
    said = []

    def load(self, runs):
        if not said:
            raise RuntimeError("a surprise\x1b")
        return ""

    monkeypatch.setattr(Poller, "_load", load)

    def post(message):
        said.append(message.error if isinstance(message, PollFailed) else "runs")
        if len(said) > 1:
            reading.stop()

    reading = Poller(root, 0.01, post)
    ends = threading.Timer(5.0, reading.stop)
    ends.start()
    reading.run()
    ends.cancel()
    assert said == ["RuntimeError: a surprise␛", "runs"]
