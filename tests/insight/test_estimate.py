"""What planned runs will take: which earlier runs count, and what is told where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from cockpit.insight import estimate as module
from cockpit.insight.estimate import estimate, pace, peak_memory
from cockpit.snapshot import Snapshot
from cockpit.status import Status
from engine.contract.spec import Spec, check_spec
from engine.contract.stream import Epoch


def spec(**settings) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 10} | settings, "test")


def run(name: str, of: Spec, *seconds: float | None, memory: float | None = None) -> Snapshot:
    extra = {} if memory is None else {"peak_memory": memory}
    epochs = tuple(Epoch(epoch=i, seconds=s, extra=extra) for i, s in enumerate(seconds, 1))
    return Snapshot(group="g", name=name, path=Path(name), status=Status("finished"), spec=of, epochs=epochs)


def test_without_earlier_runs_nothing_is_known():
    told = estimate([spec()], [run("none yet", spec()), run("other", spec(model="resnet14"), 3.0)])
    assert (told.seconds, told.memory, told.sources, told.rough) == ([], [], 0, False)
    assert len(told.costs) == 1


def test_time_is_the_median_pace_times_the_epochs_planned():
    earlier = [run("a", spec(), 1.0, 3.0), run("b", spec(seed=1), 4.0), run("c", spec(lr=0.5), 90.0)]
    told = estimate([spec(epochs=5, lr=0.2), spec(epochs=10)], earlier)
    assert told.seconds == [20.0, 40.0]
    assert told.sources == 3
    assert not told.rough


@pytest.mark.parametrize("other", [{"data": "cifar10"}, {"model": ["resnet8", "resnet8"]}, {"batch_size": 64}])
def test_other_networks_data_sets_nodes_and_batch_sizes_do_not_count(other):
    assert estimate([spec(**other)], [run("a", spec(), 1.0)]).seconds == []


def test_two_nodes_are_the_same_however_they_are_written():
    earlier = [run("a", spec(nodes=2), 2.0)]
    assert estimate([spec(model=["resnet8", "resnet8"])], earlier).seconds == [20.0]


def test_runs_of_the_same_method_precision_and_device_are_asked_first():
    mixed, plain = spec(precision="bf16"), spec()
    earlier = [run("a", mixed, 1.0), run("b", plain, 7.0)]
    assert estimate([mixed, plain], earlier).seconds == [10.0, 70.0]
    told = estimate([spec(precision="fp16")], earlier)
    assert told.seconds == [40.0]
    assert told.rough


def test_memory_is_the_most_that_any_of_them_held():
    earlier = [run("a", spec(), 1.0, memory=5e9), run("b", spec(), 1.0, memory=7e9), run("c", spec(), 1.0)]
    assert estimate([spec(), spec(model="resnet14")], earlier).memory == [7e9]


def test_figures_that_are_none_or_no_numbers_do_not_count():
    assert pace(run("a", spec(), None, float("nan"), 2.0)) == 2.0
    assert pace(run("a", spec(), None)) is None
    assert estimate([spec()], [run("a", spec(), 1.0, memory=float("nan"))]).memory == []
    unreadable = Snapshot(group="g", name="x", path=Path("x"), status=Status("lost"))
    assert estimate([spec()], [unreadable]).seconds == []


def test_an_earlier_run_is_read_once_however_many_runs_are_planned(monkeypatch):
    read: list[str] = []
    monkeypatch.setattr(module, "pace", lambda run: read.append(run.name) or pace(run))
    monkeypatch.setattr(module, "peak_memory", lambda run: read.append(run.name) or peak_memory(run))
    planned = [spec(seed=seed, epochs=epochs) for seed in range(20) for epochs in (5, 10)]
    found = estimate(
        planned, [run("a", spec(), 1.0, memory=5e9), run("b", spec(lr=0.5), 3.0), run("c", spec(data="cifar10"), 9.0)]
    )
    assert found.seconds == [10.0, 20.0] * 20
    assert found.memory == [5e9] * 40
    assert found.sources == 2
    assert sorted(read) == ["a", "a", "b", "b"]


def test_what_is_trained_beforehand_counts_by_its_own_epochs():
    taught = {"model": "resnet14", "objective": "factor_transfer", "teacher": "g/t"}
    plain, longer = spec(**taught, pretrain_epochs=2), spec(**taught, pretrain_epochs=4)
    earlier = replace(run("a", plain, 1.0), before=(3.0, 5.0))
    assert estimate([plain, longer], [earlier]).seconds == [18.0, 26.0]
