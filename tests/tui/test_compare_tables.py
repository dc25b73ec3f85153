"""The tables beside the charts: whatever the figures are, no number is cut and no two columns touch."""

from __future__ import annotations

import math
import re

import pytest
from fabricated import make, planned, record
from msgspec.structs import replace

from cockpit.insight import epochtable
from cockpit.insight.compare import MEASURES, compare
from cockpit.insight.format import within
from cockpit.runs import RunsFolder
from cockpit.tui.look import Look
from cockpit.tui.widgets import standings
from cockpit.tui.widgets.epochs import EpochTable

#: The width of a screen -> of the table of epochs, and of the side.
WIDTHS = {80: (80, 80), 100: (54, 45), 120: (72, 47), 200: (120, 79)}
LOSSES = (0.07498, 0.001407, 1e-7, 1e6, math.nan, 2.3, 123456.7)
#: A figure as it is written: with its sign, its exponent, what it varies by, the epoch it is of.
NUMBER = r"[-+]?(\d+(\.\d+)?(e-?\+?\d+)?|nan|inf)"
_NAMES = "^ ({}) ".format("|".join([*sorted(MEASURES, key=len, reverse=True), "best", "last"]))
FIGURE = re.compile(rf"({NUMBER}(@\d+)?( ±({NUMBER}|…))?|-|base)")


def made(root, count, seeds, epochs=30, **fields):
    """So many contenders of so many seeds, whose losses and rates are of all magnitudes."""
    for number in range(count):
        for seed in range(seeds):
            run = planned()
            spec = replace(run.spec, dropout=0.01 * number, seed=seed)
            loss = LOSSES[number % len(LOSSES)] * (1 + 0.137 * seed)
            every = {
                "test_acc": 1.0 - 0.00123 * seed * number,
                "test_loss": loss,
                "train_loss": -loss,
                "lr": loss / 7,
            }
            records = [record(run, e, **(every | fields)) for e in range(1, epochs + 1)]
            make(root, records, run=replace(run, spec=spec, name=f"dropout{number}-seed{seed}-{number:05x}{seed}"))
    return compare(RunsFolder(root).poll())


def plain(line):
    return "".join(text for text, _ in line)


def figures(text):
    """What stands in a row of figures, each whole; nothing is left that is none."""
    found = [each.group() for each in FIGURE.finditer(text)]
    assert not FIGURE.sub("", text).strip(), text
    assert all(re.search(rf"(^| ){re.escape(each)}( |$)", text) for each in found), text
    return found


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("count", range(2, 8))
@pytest.mark.parametrize("screen", WIDTHS)
def test_every_figure_of_the_table_of_epochs_is_whole(root, screen, count, seeds):
    comparison, (width, _) = made(root, count, seeds), WIDTHS[screen]
    for measure in MEASURES.values():
        shown = EpochTable()
        shown.show(comparison, measure, epochtable.table(comparison, measure))
        shown.point_at(1)
        heads, *rows = [plain(line) for line in shown.draw(width, 12)]
        columns = heads.partition("events")[0].partition("+")[0].partition("no diff")[0].partition("every")[0].split()
        dropped = 1 + count + (count - 1) - len(columns)
        assert not dropped or "more" in heads or "no differences" in heads
        assert ("every 2nd" in heads) and all(len(line) <= width for line in (heads, *rows)), heads
        assert len(rows) == 11
        for row in rows:
            cells = row[1 : heads.index(columns[-1]) + len(columns[-1])]
            assert len(figures(cells)) == len(columns), row


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("count", range(2, 8))
@pytest.mark.parametrize("screen", WIDTHS)
def test_every_figure_at_an_epoch_is_whole(root, screen, count, seeds):
    comparison, (_, width) = made(root, count, seeds, epochs=3), WIDTHS[screen]
    for measure in MEASURES.values():
        for height in (24, 36, 60):
            heads, *rows = map(plain, standings.at_epoch(comparison, measure, 3, width, Look(), height=height))
            assert all(len(line) <= width for line in (heads, *rows)), (heads, rows)
            in_columns = "B-A" in heads
            assert in_columns == (count == 2 and height > 24)
            for row in rows:
                # A name comes first: of a measure, or rank, letter and name of a contender.
                figures(re.sub(_NAMES if in_columns else r"^ +\S+ \S+ \S+ ", " ", row))


async def test_seeds_beside_a_deviation_fit_the_side(root, open_app):
    made(root, 2, 2)
    async with open_app((120, 36)) as seen:
        await seen.until(lambda _: len(seen.app.snapshots) == 4)
        seen.app.mark(tuple(run.path for run in seen.app.snapshots))
        await seen.press("3")
        await seen.until("at epoch")
        await seen.press(*["t"] * 5)
        shown = await seen.until("test loss, means")
        row = next(line[73:] for line in shown.splitlines() if line[73:].startswith(" test loss"))
        assert figures(row.removeprefix(" test loss")) == ["0.080 ±0.007", "0.0015 ±1e-4", "-0.0786"]


def test_shorter_numbers_keep_what_tells_the_most():
    assert [within("0.001407 ±0.00014", room) for room in (17, 13, 12, 10, 8)] == [
        "0.001407 ±0.00014", "0.00141 ±1e-4", "0.0014 ±1e-4", "0.00141 ±…", "0.001 ±…",
    ]  # fmt: skip
    assert [within("-1.234e-05", room) for room in (10, 9, 8, 6)] == ["-1.234e-05", "-1.234e-5", "-1.23e-5", "-1e-5"]
    assert [within("100.00 ±0.12", room) for room in (12, 11, 9)] == ["100.00 ±0.12", "100.00 ±0.1", "100 ±0.12"]
    assert within("100000000.00@1000", 13) == "1.000e8@1000"
    assert [within(text, 6) for text in ("nan", "-", "+0.000123", "0.00")] == ["nan", "-", "+1e-4", "0.00"]
