"""A session played again: how it stood at each moment, with the idle time between attempts taken out."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from cockpit.insight.replay import Idle, as_of, timeline
from cockpit.snapshot import Snapshot
from cockpit.status import Status
from engine.contract.stream import Epoch, Warned


def epoch(number: int, time: float, attempt: int = 1, **fields) -> Epoch:
    return Epoch(epoch=number, time=time, attempt=attempt, **({"seconds": 10.0, "test_acc": number / 10} | fields))


def session(*epochs: Epoch, **fields) -> Snapshot:
    return Snapshot(group="g", name="a-123456", path=Path("a"), status=Status("finished"), epochs=epochs, **fields)


STEADY = session(*(epoch(n, 1000 + 10 * n) for n in range(1, 6)))


def test_as_of_a_moment_nothing_later_is_known():
    warned = (Warned(kind="x", message="early", time=1012), Warned(kind="x", message="late", time=1041))
    run = replace(STEADY, warnings=warned, nodes={0: STEADY.epochs, 1: STEADY.epochs}, resumes=(2, 5))
    seen = as_of(run, 1035)
    assert [e.epoch for e in seen.epochs] == [1, 2, 3] and seen.best.epoch == 3
    assert [len(each) for each in seen.nodes.values()] == [3, 3]
    assert [w.message for w in seen.warnings] == ["early"] and seen.resumes == (2,)


def test_before_the_first_epoch_there_is_none():
    assert as_of(STEADY, 1000).epochs == ()


def test_at_the_end_it_is_as_it_is():
    failed = replace(STEADY, status=Status("failed", "loss is not a number"))
    assert as_of(failed, 1050) is failed


def test_it_never_looks_as_if_it_ran():
    running = replace(STEADY, status=Status("running"))
    assert as_of(running, 1020).status == Status("finished", "replayed")


def test_the_time_axis():
    line = timeline(STEADY)
    assert (line.began, line.played, line.length, line.idle) == (1000, (10, 20, 30, 40, 50), 50, ())
    assert [line.done(at) for at in (0, 9.9, 10, 25, 50, 99)] == [0, 0, 1, 2, 5, 5]
    assert [line.clock(at) for at in (0, 25, 50, 99)] == [1000, 1025, 1050, 1050]


def test_idle_time_between_attempts_is_skipped_and_told():
    run = session(epoch(1, 1010), epoch(2, 1020), epoch(3, 9020, attempt=2), epoch(4, 9030, attempt=2))
    line = timeline(run)
    assert line.idle == (Idle(3, 7990, True),) and line.played == (10, 20, 30, 40)
    assert [line.clock(at) for at in (19, 20, 21, 30)] == [1019, 9010, 9011, 9020]
    assert [len(as_of(run, line.clock(at)).epochs) for at in (19, 20, 29, 30, 40)] == [1, 2, 2, 3, 4]


def test_silence_within_an_attempt_is_skipped_too():
    run = session(*(epoch(n, n, seconds=None) for n in range(1, 6)), epoch(6, 5000, seconds=None))
    assert timeline(run).idle == (Idle(6, 4994, False),) and timeline(run).length == 6


def test_a_clock_that_was_set_back_plays_on():
    line = timeline(session(epoch(1, 1010), epoch(2, 900), epoch(3, 910)))
    assert line.played == (10, 10, 20)


@pytest.mark.parametrize(
    ("at", "by", "to"), [(25, 1, 30), (25, -1, 20), (20, -1, 10), (20, 1, 30), (50, 1, 50), (5, -1, 0), (0, -1, 0)]
)
def test_seeking_by_epochs(at, by, to):
    assert timeline(STEADY).seek(at, by) == to


def test_a_session_without_an_epoch_has_no_time():
    line = timeline(session())
    assert (line.length, line.done(5), line.clock(5), line.seek(0, 1)) == (0, 0, 0, 0)
