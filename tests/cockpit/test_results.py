"""The result table: what is averaged, over which seeds, and that failures stay in it."""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from cockpit.insight.format import counted, duration, percent, points
from cockpit.insight.table import result_table, spread
from cockpit.launch.prepare import prepare
from cockpit.plan import plan
from cockpit.progress import lines, seconds_left
from cockpit.results import results
from cockpit.runs import RunsFolder
from engine.contract.folder import Ended, claim, publish
from engine.contract.stream import Epoch, Writer


def end(run: Path, test: float, outcome: str = "finished") -> None:
    writer = Writer(run / "metrics.jsonl", 1)
    writer.append(Epoch(epoch=1, train_acc=0.9, train_acc_clean=0.95, test_acc=test + 0.01, seconds=2.0))
    writer.append(Epoch(epoch=2, train_acc=0.92, train_acc_clean=0.97, test_acc=test, seconds=2.0))
    writer.close()
    publish(claim(run, []) / "ended.json", Ended(outcome=outcome, exit_code=0, time=0.0))  # type: ignore[arg-type]


def test_means_and_sample_deviations_are_over_the_seeds_of_a_setting(
    make_runs: Callable[..., list[Path]], root: Path
) -> None:
    for run, test in zip(make_runs(), (0.80, 0.84, 0.70, 0.72), strict=True):
        end(run, test)
    plain, mixed = result_table(RunsFolder(root).poll())
    assert plain.label == "mixup0-epochs2"
    assert plain.over_seeds["test_last"].mean == pytest.approx(0.82)
    assert plain.over_seeds["test_last"].std == pytest.approx(statistics.stdev([0.80, 0.84]))
    assert mixed.over_seeds["test_best"].mean == pytest.approx(0.72)
    assert plain.over_seeds["gap_clean"].mean == pytest.approx(0.15)


def test_a_failed_seed_is_a_row_and_not_in_the_mean(make_runs: Callable[..., list[Path]], root: Path) -> None:
    runs = make_runs()
    for run, test, outcome in zip(
        runs, (0.80, 0.10, 0.70, 0.72), ("finished", "failed", "finished", "finished"), strict=True
    ):
        end(run, test, outcome)
    console = Console(width=140, file=io.StringIO())
    with console.capture() as printed:
        console.print(results(RunsFolder(root).poll()))
    text = printed.get()
    assert "mixup0-seed1-epochs2 (failed, epoch 2)" in text
    assert "mean of 1 of 2 seeds" in text
    assert "80.00" in text
    assert "71.00 ±1.41" in text


def test_a_single_value_has_no_deviation_and_a_missing_one_no_mean() -> None:
    one = spread([0.5])
    assert one is not None and (one.mean, one.std, one.n) == (0.5, None, 1)
    assert spread([0.5, None]) is None
    assert spread([]) is None


def test_time_left_is_shared_by_the_slots_but_never_less_than_the_longest_run(
    make_runs: Callable[..., list[Path]], root: Path
) -> None:
    runs = make_runs("run.epochs=10", "run.phases=[]")
    for run in runs[:2]:
        writer = Writer(run / "metrics.jsonl", 1)
        writer.append(Epoch(epoch=1, seconds=2.0))
        writer.close()
    snapshots = RunsFolder(root).poll()
    assert seconds_left(snapshots, 2) == pytest.approx((18 + 18 + 20 + 20) / 2)
    assert seconds_left(snapshots, 50) == pytest.approx(20)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (percent(0.97224), "97.22"),
        (percent(None), "-"),
        (percent(float("nan")), "nan"),
        (points(0.2487), "+24.87"),
        (points(-0.0194), "-1.94"),
        (points(-0.00001), "+0.00"),
        (points(float("nan")), "nan"),
        (duration(580), "9:40"),
        (duration(4320), "1 h 12"),
        (duration(100_000), "1 d 3 h"),
        (duration(None), "-"),
        (counted(1, "run"), "1 run"),
        (counted(96, "run"), "96 runs"),
    ],
)
def test_numbers_read_as_people_write_them(text: str, want: str) -> None:
    assert text == want


MUTUAL = """
title = "Mutual"
[run]
data = "digits"
model = "resnet8"
epochs = 2
[grid.nodes.alone]
[grid.nodes.pair]
nodes = 2
objective = "mutual"
[reference]
source = "a paper"
[[reference.runs]]
run = "pair"
test_acc = 0.7212
nodes = [[0.8852, 0.7204], [0.8892, 0.7219]]
[[reference.runs]]
run = "alone"
expected = [0.84, 0.87]
"""


def shown(root: Path) -> str:
    console = Console(width=140, file=io.StringIO())
    with console.capture() as printed:
        console.print(results(RunsFolder(root).poll()))
    return printed.get()


def test_a_run_of_several_nodes_has_a_row_for_each_their_mean_and_what_they_are_together(
    tmp_path: Path, root: Path
) -> None:
    (tmp_path / "mutual.toml").write_text(MUTUAL)
    _, pair = prepare(plan(str(tmp_path / "mutual.toml")), root)
    writer = Writer(pair / "metrics.jsonl", 1)
    for epoch, accuracies in ((1, (0.5, 0.7)), (2, (0.6, 0.64))):
        for node, accuracy in enumerate(accuracies):
            writer.append(Epoch(epoch=epoch, node=node, test_acc=accuracy, train_acc=0.9))
        together = {"ensemble_acc": 0.69, "agreement": 0.55}
        writer.append(Epoch(epoch=epoch, test_acc=sum(accuracies) / 2, train_acc=0.9, extra=together))
    writer.close()
    publish(claim(pair, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    lines = [line.split() for line in shown(root).splitlines()]
    assert ["pair", "62.00", "62.00", "2", "-", "+28.00", "-", "72.12"] in lines
    assert ["node", "0", "resnet8", "60.00", "60.00", "2", "-", "+30.00", "-", "72.04"] in lines
    assert ["node", "1", "resnet8", "64.00", "70.00", "1", "-", "+26.00", "-", "72.19"] in lines
    assert ["ensemble;", "two", "agree", "on", "55.00", "%", "69.00"] in lines
    assert "hoped: 84 to 87" in shown(root) and "published: a paper." in " ".join(shown(root).split())


def test_an_overridden_run_is_set_beside_no_published_figure(tmp_path: Path) -> None:
    (tmp_path / "mutual.toml").write_text(MUTUAL)
    path = str(tmp_path / "mutual.toml")
    assert plan(path, only="pair").runs[0].reference.test_acc == 0.7212
    assert plan(path, ["run.threads=2"], only="pair").runs[0].reference.test_acc == 0.7212
    assert plan(path, ["run.epochs=3"], only="pair").runs[0].reference.test_acc is None


def test_the_cursor_waits_on_a_line_of_its_own_below_the_live_lines(
    make_runs: Callable[..., list[Path]], root: Path
) -> None:
    """Where a terminal writes ^C: behind a full line it would wrap, and the first line be drawn twice."""
    make_runs()
    console = Console(width=80, height=24, file=io.StringIO())
    shown = console.render_lines(lines(RunsFolder(root).poll(), 2, console.size), pad=False)
    assert "".join(part.text for part in shown[-1]) == "" and "time left" in "".join(part.text for part in shown[-2])


def test_a_name_that_fits_the_terminal_is_not_cut(make_runs: Callable[..., list[Path]], root: Path) -> None:
    for run in make_runs():
        end(run, 0.8)
    runs = [replace(run, name=f"{run.label}-cropped-abcdef") for run in RunsFolder(root).poll()]
    assert max(len(run.label) for run in runs) == 30
    console = Console(width=80, height=24, file=io.StringIO())
    shown = ["".join(part.text for part in line) for line in console.render_lines(lines(runs, 2, console.size))]
    assert all(any(f" {run.label} " in line for line in shown) for run in runs) and "finished" in shown[0]
