"""Figures in their cells: of any size, and never cut inside a number."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from cockpit.tui.widgets.cells import moment
from cockpit.tui.widgets.columns import COLUMNS
from cockpit.tui.widgets.figures import deviation, pace, percentage, small, span, tenths

MAGNITUDES = [
    m * 10.0**e for e in (*range(-30, 31), -300, -100, 100, 300) for m in (1.0, 1.4999, 5.05, 9.193, 9.9999)
]
#: How a figure of each column is written, and what it is multiplied by.
WRITTEN = {
    "test": (percentage, 100), "best": (percentage, 100), "gap": (tenths, 100), "clean": (tenths, 100),
    "lr": (small, 1), "speed": (pace, 1),
}  # fmt: skip


def read(text: str) -> float:
    """The number that a figure says."""
    number = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([kM]?)", text)
    assert number, text
    return float(number[1]) * {"": 1, "k": 1e3, "M": 1e6}[number[2]]


@pytest.mark.parametrize("column", WRITTEN)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_figure_of_any_size_is_whole_and_near_what_it_says(column, sign):
    write, times = WRITTEN[column]
    room = COLUMNS[column][1] - 1
    for size in MAGNITUDES:
        told, value = write(sign * size, room), sign * size * times
        assert len(told) <= room, (size, told)
        if told[:1] in "<>":
            assert abs(value) > 1e9 or abs(value) < 1e-9, (size, told)
        elif told != "-0":
            last = 1.0 if column == "speed" else 0.1  # small ones are told to their last decimal
            assert read(told) == pytest.approx(value, rel=0.5, abs=last), (size, told)


def test_a_time_of_any_length_is_whole():
    for room in (COLUMNS["left"][1] - 1, COLUMNS["took"][1] - 1):
        for size in MAGNITUDES:
            told = span(size, room)
            assert len(told) <= room
            assert re.fullmatch(r"\d+:\d\d|\d+ [hd]( \d+( h)?)?|[\d.]+(e\+?\d+)? d|>1e9 d", told), (size, told)


@pytest.mark.parametrize("size", [0.0, 1e-9, 0.0023, 0.0123, 0.0999, 0.1, 0.4999, 1.0, 12.0, 1e9])
def test_a_deviation_is_whole(size):
    told = deviation(size, 5)
    assert len(told) <= 5 and read(told.removeprefix("±")) == pytest.approx(size * 100, rel=0.5, abs=0.01)


def test_what_fits_is_written_as_everywhere():
    assert [small(v, 5) for v in (0.0388, 0.00001, 0.0, 0.1, 1.5, 919300.0)] == [
        ".0388", "1e-05", ".0000", ".1000", "1.5", "9e+05",
    ]  # fmt: skip
    assert [tenths(v, 5) for v in (0.2487, -0.0001, 1.0, -1.0)] == ["+24.9", "+0.0", "+100", "-100"]
    assert [percentage(v, 6) for v in (0.9722, 1.0, 97.0, None)] == ["97.22", "100.00", "9700.0", "-"]
    assert [span(v, 6) for v in (580, 4320, 43500, 187200, None)] == ["9:40", "1 h 12", "12 h", "2 d", "-"]
    assert [pace(v, 6) for v in (850, 14000, 2.5e6)] == ["850", "14.0k", "2500k"]
    assert small(float("nan"), 5) == "nan" and tenths(float("-inf"), 5) == "-inf"


def test_a_moment_is_told_by_what_tells_it_apart_today():
    day = date(2025, 11, 28)
    told = [moment(datetime(*when).timestamp(), day) for when in ((2025, 11, 28, 9, 5), (2025, 11, 7), (2024, 3, 1))]
    assert told == ["09:05", "7 Nov", "Mar 2024"] and moment(None, day) == "-"
    assert all(len(each) < COLUMNS["started"][1] for each in told)
