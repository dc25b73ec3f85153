"""Runs beside one another: what they are called, their means over seeds, their order, and what to look at first."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from some_runs import THRESHOLDS, epochs, run

from cockpit.insight import gap
from cockpit.insight.attention import notice, worst
from cockpit.insight.grouping import over_seeds, setting_of
from cockpit.insight.naming import names
from cockpit.insight.ordering import SORTS, figures_of, place, started, took, urgency
from engine.contract.folder import SpecFile
from engine.contract.spec import Fork, Inputs
from engine.contract.stream import RunStarted, Warned


def called(*runs) -> list[tuple[str, str]]:
    return [(name.text, name.seed) for name in names(runs).values()]


def test_names_say_what_differs_and_leave_out_what_does_not():
    runs = [run(f"cifar100-{m}-seed{s}-epochs5", seed=s) for m in ("rkd", "logit") for s in (0, 1)]
    assert called(*runs) == [("rkd", "0"), ("rkd", "1"), ("logit", "0"), ("logit", "1")]


def test_one_run_alone_keeps_its_name():
    assert called(run("04-aggressive")) == [("04-aggressive", "0")]
    assert called(run("seed0"), run("seed1", seed=1)) == [("seed0", "0"), ("seed1", "1")]


def test_a_dash_within_a_figure_joins_nothing():
    assert called(run("lr1e-4-wd0"), run("lr2e-4-wd0")) == [("lr1e-4", "0"), ("lr2e-4", "0")]


def fork(label: str, epoch: int, parent: str = "mixup0-seed0-abcdef"):
    began = Fork(group="g", name=parent, identity="", setting="", epoch=epoch)
    return run(label, file=SpecFile(run={}, gap=THRESHOLDS, inputs=Inputs(fork=began)))


def test_a_fork_is_called_as_its_parent_with_where_it_left_it():
    runs = [run("mixup0-seed0"), run("mixup0.2-seed0"), fork("mixup0-seed0-fork149", 149)]
    runs += [fork("mixup0-seed0-fork9-lr1e-4", 9), fork("mine", 9)]
    assert [text for text, _ in called(*runs)] == [
        "mixup0", "mixup0.2", "mixup0 fork@149", "mixup0 fork@9 lr1e-4", "mixup0 fork@9 mine",
    ]  # fmt: skip
    twice = fork("mixup0-seed0-fork9-fork20", 20, "mixup0-seed0-fork9-abcdef")
    assert called(run("a-seed0"), twice)[1] == ("mixup0-fork9 fork@20", "0")


def test_twins_are_told_apart_by_their_settings_or_their_hashes():
    assert called(run("a", lr=0.1), run("a", lr=0.2, path=Path("g/b"))) == [("a lr 0.1", "0"), ("a lr 0.2", "0")]
    assert called(run("a"), run("a", name="a-123456", path=Path("g/b"))) == [("a abcdef", "0"), ("a 123456", "0")]


def test_runs_of_one_setting_are_found_whatever_their_seed():
    runs = [run("a-seed0"), run("b", lr=0.3), run("a-seed1", seed=1), run("a-seed0", group="h")]
    first, other, same, _ = map(setting_of, runs)
    assert first == same != other


def test_means_are_of_an_epoch_that_all_counted_runs_have():
    over = over_seeds([run("a", 0.5, 0.7, 0.9), run("b", 0.6, 0.5), run("c", 0.1, state="failed"), run("d")])
    assert (over.counted, over.epoch, len(over.runs)) == (2, 2, 4)
    assert over.test and over.best
    assert over.test.mean == pytest.approx(0.6) and over.test.std == pytest.approx(math.sqrt(0.02))
    assert over.best.mean == pytest.approx(0.65)  # 0.9 came after the common epoch
    assert over.curve == pytest.approx((0.55, 0.6))


def test_one_seed_has_no_deviation_and_none_no_mean():
    assert over_seeds([run("a", 0.5)]).test.std is None
    assert over_seeds([run("a")]).test is None


def test_a_figure_that_is_no_number_makes_no_mean_of_the_others():
    assert math.isnan(over_seeds([run("a", 0.5), run("b", math.nan)]).test.mean)
    assert over_seeds([run("a", 0.5), run("b", None)]).test is None


def urgency_of(*args, **fields) -> int:
    made = run(*args, **fields)
    return urgency(made, gap.read(made))


def test_what_is_wrong_comes_before_what_is_warned_of():
    assert urgency_of("a", 0.1, state="failed") == 0 == urgency_of("a", problem="no spec")
    assert urgency_of("a", 0.6) == 1
    assert urgency_of("a", 0.78) == 2 == urgency_of("a", 0.88, warned="odd") == urgency_of("a", state="blocked")
    assert urgency_of("a", 0.88) == 3


def began(time: float) -> RunStarted:
    counts = {"epochs": 10, "steps_per_epoch": 1, "train_images": 1, "test_images": 1}
    return RunStarted(**counts, parameters=(1,), device="cpu", environment={}, time=time)


LOW = run("low", epochs=epochs(0.3, lr=0.1, images_per_second=9.0, seconds=1.0), started=began(7.0))
HIGH = run(
    "high", epochs=epochs(0.2, 0.6, lr=0.2, images_per_second=99.0, seconds=0.1), state="stopping", started=began(8.0)
)
NONE = run("none", state="queued")
ODD = run("odd", math.nan)


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        ("test", ["high", "low", "none", "odd"]),
        ("best", ["high", "low", "none", "odd"]),
        ("gap", ["low", "high", "none", "odd"]),
        ("clean", ["low", "high", "none", "odd"]),
        ("started", ["high", "low", "none", "odd"]),
        ("took", ["low", "high", "none", "odd"]),
        ("lr", ["high", "low", "none", "odd"]),
        ("speed", ["high", "low", "none", "odd"]),
        ("left", ["high", "low", "none", "odd"]),
        ("epoch", ["high", "odd", "low", "none"]),
        ("state", ["none", "odd", "low", "high"]),
    ],
)
def test_sorted_by_a_figure_what_has_none_comes_last_even_when_turned_round(by, wanted):
    def order(turned: bool) -> list[str]:
        runs = [NONE, ODD, LOW, HIGH]
        return [r.label for r in sorted(runs, key=lambda r: place(figures_of(r, gap.read(r)), by, turned=turned))]

    assert order(turned=False) == wanted
    if by not in ("epoch", "state"):
        known = [label for label in wanted if label not in ("none", "odd")]
        assert order(turned=True) == [*reversed(known), "none", "odd"]


def test_everything_that_can_be_sorted_by_is_tried():
    assert set(SORTS) == {
        "test", "best", "gap", "clean", "lr", "speed", "left", "epoch", "state", "started", "took",
    }  # fmt: skip


def test_a_run_began_with_its_first_attempt_and_a_fork_took_only_its_own_time():
    resumed = run("r", epochs=epochs(0.1, 0.2, time=100.0, seconds=40.0), started=began(500.0), resumes=(2,))
    assert started(resumed) == 60.0 and started(NONE) is None
    assert started(run("odd", started=began(1e300))) is None and started(run("odd", started=began(math.nan))) is None
    inputs = Inputs(fork=Fork(group="g", name="p", identity="", setting="", epoch=2))
    child = run("c", epochs=epochs(0.1, 0.2, 0.3, seconds=40.0), file=SpecFile(run={}, gap=THRESHOLDS, inputs=inputs))
    assert took(child) == 40.0 and took(NONE) is None
    assert took(run("m", epochs=(*epochs(0.1, seconds=2.0), *epochs(0.1)), before=(1.0,))) == 3.0


def said(*runs) -> list[str]:
    found = [n for r in runs if (n := notice(r, gap.read(r)))]
    return [f"{n.kind} {n.where}: {n.text}" for n in worst(found, 9)]


def test_the_newest_and_worst_come_first_in_words():
    train = (0.5, 0.56, 0.62, 0.71)
    widening = run("wide", epochs=tuple(epochs(*[0.5] * 4, clean=c)[i] for i, c in enumerate(train)))
    assert said(
        run("calm", 0.88),
        run("odd", 0.88, warned="loss is odd"),
        run("dead", 0.01, state="failed", reason="at chance since epoch 29"),
        widening,
        run("student", state="blocked", reason="by t: failed"),
        run("done", 0.5, state="finished"),
        run("far", 0.88, state="silent", reason="no heartbeat from h"),
    ) == [
        "critical g/wide: clean gap 21.0 points, +6.90 an epoch for 4 epochs; best was epoch 1",
        "failed g/dead: at chance since epoch 29",
        "silent g/far: silent: no heartbeat from h",
        "warn g/odd: epoch 1: loss is odd",
        "blocked g/student: blocked by t: failed",
    ]


def test_a_finished_runs_gap_is_no_alarm():
    assert said(run("done", 0.5, state="finished", warned="loss was odd")) == []


@pytest.mark.parametrize("kind", ["not finite", "collapse"])
def test_that_nothing_came_of_a_run_is_told_when_it_has_finished_too(kind):
    lost = (Warned(kind=kind, message="the training is lost", epoch=1), Warned(kind="under best", message="so so"))
    assert said(run("done", 0.1, state="finished", warnings=lost)) == ["warn g/done: epoch 1: the training is lost"]
    assert urgency_of("done", 0.1, state="finished", warnings=lost) == 2
