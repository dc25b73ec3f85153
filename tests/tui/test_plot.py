from __future__ import annotations

import math

from cockpit.tui.widgets import axis
from cockpit.tui.widgets.canvas import Canvas, Cell
from cockpit.tui.widgets.plot import Event, Mark, Series, Viewport, plot

PEN = Cell("*", "a")


def lines(rows):
    return ["".join(cell.glyph for cell in row).rstrip() for row in rows]


def drawn(canvas, width, height):
    return ["".join((canvas.at((x, y)) or Cell(" ", "")).glyph for x in range(width)) for y in range(height)]


def test_a_diagonal_in_braille():
    canvas = Canvas(2, 1)
    canvas.curve([(0, 3), (1, 2), (2, 1), (3, 0)], PEN)
    assert drawn(canvas, 2, 1) == ["⡠⠊"]


def test_dots_of_two_curves_in_one_cell_are_merged():
    canvas = Canvas(1, 1)
    canvas.curve([(0, 0), (1, 0)], PEN)
    canvas.curve([(0, 3), (1, 3)], Cell("o", "b"))
    assert canvas.at((0, 0)) == Cell("⣉", "b")


def test_a_break_is_not_bridged():
    canvas = Canvas(3, 1)
    canvas.curve([(0, 0), None, (5, 0)], PEN)
    assert drawn(canvas, 3, 1) == ["⠁ ⠈"]


def test_many_points_in_a_column_are_their_span():
    canvas = Canvas(1, 1)
    canvas.curve([(0, 0), (0, 3), (0, 1)], PEN)
    assert drawn(canvas, 1, 1) == ["⡇"]


def test_a_spike_among_more_points_than_columns_is_kept():
    points = tuple((float(i), 100.0 if i == 500 else 0.0) for i in range(1, 1001))
    rows = lines(plot([Series("", points, "")], Viewport(1, 1000, 0, 100), 25, 8))
    assert any(c != " " for c in rows[1][5:])


def test_curves_that_share_a_cell_take_turns_in_ascii():
    canvas = Canvas(4, 1, ascii=True)
    canvas.curve([(0, 0), (3, 0)], Cell("o", "a"))
    canvas.curve([(0, 0), (3, 0)], Cell("x", "b"))
    assert drawn(canvas, 4, 1) == ["oxox"]


SERIES = (Series("test", tuple((float(e), e * 10.0) for e in range(1, 11)), "test", "●", "*"),)


def test_a_small_chart_whole():
    rows = plot(SERIES, Viewport(1, 10, 0, 100), 25, 8, title="acc", events=[Event(6, "")])
    assert lines(rows) == [
        "acc  ● test",
        "100 ┤           ┊    ⣀⠤⠔●",
        "    │           ┊⡠⠤⠊⠉",
        " 50 ┤      ⢀⡠⠤⠔⠊⠉",
        "    │  ⣀⠤⠒⠉⠁    ┊",
        "  0 ┤●⠉         ┊",
        "    └┬───────┬──────────┬",
        "     1       5         10",
    ]
    assert all(len(row) == 25 for row in rows)


def test_the_same_in_ascii_is_ascii():
    rows = lines(plot(SERIES, Viewport(1, 10, 0, 100), 25, 8, title="acc", events=[Event(6, "")], ascii=True))
    assert all(row.isascii() for row in rows)
    assert rows[0] == "acc  * test" and rows[1].endswith("*")


def test_nan_breaks_the_line():
    points = tuple((float(e), math.nan if 4 <= e <= 7 else 50.0) for e in range(1, 11))
    row = lines(plot([Series("", points, "")], Viewport(1, 10, 0, 100), 25, 8))[3]
    assert row[12:15] == "   "
    assert row[6] != " " and row[-1] != " "


def test_events_cursor_marks_and_labels():
    rows = plot(
        SERIES,
        Viewport(1, 10, 0, 100),
        45,
        12,
        events=[Event(3, "resumed", "╎"), Event(6, "mixup")],
        marks=[Mark(10, 100, "★", "good")],
        cursor=8,
    )
    text = lines(rows)
    assert "resumed" in text[1] and "mixup" in text[1]
    assert any("╎" in line for line in text) and any("┊" in line for line in text)
    assert text[2].endswith("★") and "▲" in text[-2]


def test_no_room_and_no_points():
    assert len(plot(SERIES, Viewport(1, 10, 0, 100), 5, 2)) == 2
    assert len(plot([], Viewport(1, 10, 0, 100), 30, 10)) == 10
    infinite = [Series("", ((1.0, math.inf), (2.0, -math.inf), (3.0, 1e300)), "")]
    assert len(plot(infinite, Viewport(1, 10, 0, 100), 30, 10)) == 10


def test_ticks():
    assert axis.ticks(0, 100, 5) == [0, 20, 40, 60, 80, 100]
    assert axis.epoch_ticks(1, 100, 60) == [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert axis.epoch_ticks(1, 2, 40) == [1, 2]
    assert axis.label(0.05, 0.05) == ".05"
    assert axis.span_of([math.nan], least=1, floor=0, ceiling=100) == (0, 100)
    assert axis.span_of([71.2, 93.3], least=1, floor=0, ceiling=100) == (70, 95)
