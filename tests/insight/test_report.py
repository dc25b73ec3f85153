"""A comparison as Markdown and as values, and the table of epochs in it."""

from __future__ import annotations

import msgspec
import pytest
from comparable import session

from cockpit.insight.compare import compare
from cockpit.insight.epochtable import MOST_ROWS, skipping, stops, table
from cockpit.insight.report import as_record, default_epoch, markdown


def pair(length=40):
    return compare([session([0.5] * length, "a"), session([0.4] * 19 + [0.6] * (length - 19), "b", lr=0.2)])


def test_few_epochs_have_a_row_each():
    assert [row.epoch for row in table(pair(24))] == list(range(1, 25))


def test_of_many_epochs_every_so_many_and_those_where_something_is_to_be_seen():
    assert [row.epoch for row in table(pair())] == [1, *range(2, 41, 2)]
    made = compare(
        [session([0.5] * 400, "a", epochs=400), session([0.4] * 333 + [0.6] * 67, "b", lr=0.2, epochs=400)]
    )
    assert [row.epoch for row in table(made)] == sorted({1, 334, *range(20, 401, 20)})
    assert len(table(made)) <= MOST_ROWS


def test_what_is_left_out_is_said():
    assert skipping(pair(24), table(pair(24))) == ""
    assert skipping(pair(), table(pair())) == "every 2nd"
    text = markdown(pair())
    assert "## Test accuracy % by epoch\n\nEvery 2nd epoch, the first and the last, and those with events.\n" in text


@pytest.mark.parametrize(("room", "step"), [(0, 10), (20, 10), (40, 5), (60, 2), (103, 1), (199, 1), (500, 1)])
def test_room_for_more_epochs_is_filled(room, step):
    rows = table(pair(200), room=room)
    assert [row.epoch for row in rows] == sorted({1, 20, *range(step, 201, step)})
    assert len(rows) >= min(room, 200)
    assert skipping(pair(200), rows, room) == {10: "every 10th", 5: "every 5th", 2: "every 2nd", 1: ""}[step]


def test_stops_are_events_and_crossings():
    assert stops(table(pair())) == [1, 20]
    phases = ({"from_epoch": 9, "mixup": 0.2}, {"from_epoch": 33, "mixup": 0.0})
    made = compare([session([0.5] * 20, "a"), session([0.4] * 20, "b", phases=phases, lr=0.2)])
    # What is planned for epochs that nobody has measured is nothing to jump to.
    assert stops(table(made)) == [1, 9]


def test_the_values_are_those_of_the_last_epoch_that_all_have():
    assert default_epoch(compare([session([0.5, 0.6], "a"), session([0.5], "b", lr=0.2)])) == 1
    assert default_epoch(compare([session([], "a"), session([], "b", lr=0.2)])) is None


def test_markdown_of_sessions_without_an_epoch():
    text = markdown(compare([session([], "a"), session([], "b", lr=0.2)]))
    assert "fewer than two of them" in text and "## At epoch" not in text


def test_names_cannot_break_out_of_their_cells():
    text = markdown(compare([session([0.5], "a|b\x1b[2J"), session([0.6], "<script>`x`", lr=0.2)]))
    assert "\x1b" not in text and "a\\|b" in text and "\\<script>\\`x\\`" in text


def test_numbers_are_flush_right():
    lines = markdown(pair(12)).splitlines()
    top = next(i for i, line in enumerate(lines) if line.startswith("| epoch"))
    assert lines[top + 1].startswith("| ----: | ----: | ----: | -----: | ---")
    assert len({len(line) for line in lines[top : top + 10]}) == 1


def test_means_carry_their_deviation():
    runs = [session([0.5 + seed / 100], f"a-seed{seed}", seed=seed) for seed in range(3)]
    assert "51.00 ±1.00" in markdown(compare([*runs, session([0.4], "b", lr=0.2)]))


def test_of_many_sessions_events_share_a_column():
    runs = [session([0.5 + n / 100], f"s{n}", lr=0.1 + n) for n in range(8)]
    text = markdown(compare(runs))
    assert "| H - A | events" in text and "A best 50.00; B best 51.00" in text


def test_values_for_programs():
    record = as_record(pair())
    assert record["baseline"] == "A" and record["epoch"] == 40
    assert record["sessions"][1]["test_acc"] == 0.6 and record["differs"] == {"max lr": ["0.1", "0.2"]}
    assert record["crossings"] == [{"position": 19.5, "epoch": 20, "above": "B", "below": "A"}]
    assert msgspec.json.decode(msgspec.json.encode(record)) == record


def test_the_interval_of_an_accuracy_ends_where_accuracies_do():
    runs = [session([0.5, value], f"a-seed{i}", seed=i) for i, value in enumerate((0.99, 0.999))]
    runs += [session([0.5, value], f"b-seed{i}", seed=i, lr=0.2) for i, value in enumerate((0.001, 0.01))]
    text = markdown(compare(runs))
    assert "93.73 to 100.00 |" in text and " 0.00 to 6.27 |" in text
