from __future__ import annotations

import math
from itertools import pairwise

from cockpit.tui.widgets import axis
from cockpit.tui.widgets.canvas import Canvas, Cell
from cockpit.tui.widgets.plot import Band, Event, Mark, Series, Viewport, plot
from cockpit.tui.widgets.series import LINES, event, pen
from cockpit.tui.widgets.trace import thinned, traced

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


def test_what_a_garbled_stream_says_has_few_ticks_however_large_it_is():
    for high in (1e289, 1e293, 1e308, 1.7e308):
        assert 2 <= len(axis.ticks(0.0, high, 5)) <= 6
    assert axis.ticks(-1.7e308, 1.7e308, 5) == [-1.7e308, 1.7e308]


def test_ticks():
    assert axis.ticks(0, 100, 5) == [0, 20, 40, 60, 80, 100]
    assert axis.epoch_ticks(1, 100, 60) == [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert axis.epoch_ticks(1, 2, 40) == [1, 2]
    assert axis.label(0.05, 0.05) == ".05"
    assert axis.span_of([math.nan], least=1, floor=0, ceiling=100) == (0, 100)
    assert axis.span_of([71.2, 93.3], least=1, floor=0, ceiling=100) == (70, 95)


def test_a_zoomed_curve_runs_on_beyond_both_edges():
    flat = (Series("", ((1.0, 50.0), (100.0, 50.0)), "test"),)
    row = lines(plot(flat, Viewport(40, 60, 0, 100), 25, 8))[3]
    assert " " not in row[5:]
    assert lines(plot(flat, Viewport(40, 60, 60, 100), 25, 8))[3][5:].strip() == ""


def test_a_curve_leaves_the_chart_where_it_does_and_not_at_a_slant():
    steep = (Series("", ((1.0, 0.0), (10.0, 1000.0)), "test"),)
    rows = lines(plot(steep, Viewport(1, 10, 0, 100), 45, 8))
    # A tenth of the way up is all that is seen: it leaves the chart within a tenth of its width.
    assert not any(row[5:][5:].strip() for row in rows[1:6])
    assert rows[1][5:].strip() and rows[5][5:].strip()


def test_what_is_far_above_is_drawn_at_no_other_place():
    rows = lines(plot([Series("", ((1.0, 1e300), (2.0, 1e300)), "")], Viewport(1, 10, 0, 100), 25, 8))
    assert not "".join(row[5:] for row in rows[1:6]).strip()


def test_a_long_curve_shows_what_all_its_points_would():
    long = tuple((float(i), math.sin(i / 900) * 40 + 50 + (30 if i == 33_333 else 0)) for i in range(1, 50_001))
    whole = Viewport(1, 50_000, 0, 130)
    kept = thinned(long, whole, 80)
    assert len(kept) <= 4 * 80 and max(y for _, y in kept) == max(y for _, y in long)
    slow = [(x, y) for x, y in (traced([p], whole, 80, 40)[0] for p in long)]
    canvas, other = Canvas(40, 10), Canvas(40, 10)
    canvas.curve(traced(long, whole, 80, 40), PEN)
    other.curve(slow, PEN)
    assert drawn(canvas, 40, 10) == drawn(other, 40, 10)


def test_a_hole_in_a_long_curve_stays_one():
    long = tuple((float(i), math.nan if 20_000 < i < 30_000 else 50.0) for i in range(1, 50_001))
    row = lines(plot([Series("", long, "")], Viewport(1, 50_000, 0, 100), 55, 8))[3][5:]
    assert row[:19].strip() and row[31:].strip() and not row[21:29].strip()


def test_a_scale_of_factors_puts_equal_factors_apart_equally_and_breaks_at_zero():
    points = ((1.0, 0.01), (2.0, 0.1), (3.0, 1.0), (4.0, 0.0), (5.0, 1.0), (6.0, 1.0))
    view = Viewport(1, 6, 0.01, 1, log=True)
    dots = traced(points, view, 51, 41)
    assert dots == [(0, 40), (10, 20), (20, 0), None, (40, 0), (50, 0)]
    rows = lines(plot([Series("", points, "")], view, 45, 12))
    assert [row[:5].strip(" │┤") for row in rows if "┤" in row] == ["1", ".1", ".01"]


def test_y_labels_are_never_cut():
    rows = lines(plot([], Viewport(1, 10, 0, 1_200_000), 45, 12))
    labels = [row.split("┤")[0].strip() for row in rows if "┤" in row]
    assert labels == ["1.0e6", "500000", "0"]


def test_a_band_lies_below_its_curve_and_has_gaps():
    band = Band(tuple((float(e), 30.0, math.nan if e == 5 else 70.0) for e in range(1, 11)), "series1 faint")
    mean = Series("mean", tuple((float(e), 50.0) for e in range(1, 11)), "series1", "●")
    rows = plot([mean], Viewport(1, 10, 0, 100), 45, 12, bands=[band])
    styles = [[cell.style for cell in row[5:]] for row in rows[1:10]]
    assert styles[4].count("series1") > 30 and "series1 faint" not in styles[0] + styles[8]
    shaded = [x for x in range(40) if styles[3][x] == "series1 faint"]
    assert shaded and not {15, 16, 17, 18, 19} & set(shaded)


def test_bands_on_one_another_and_in_ascii_can_be_told_apart():
    band = tuple((float(e), 0.0, 100.0) for e in range(1, 11))
    rows = [lines(plot([], Viewport(1, 10, 0, 100), 25, 8, bands=bands))[3][5:] for bands in (
        [Band(band, "a")], [Band((), "a"), Band(band, "b")], [Band((), "a"), Band((), "b"), Band(band, "c")]
    )]  # fmt: skip
    assert len(set(rows)) == 3
    plain = lines(plot([], Viewport(1, 10, 0, 100), 25, 8, bands=[Band(band, "a", "seeds", "▒")], ascii=True))
    assert all(row.isascii() for row in plain) and ":" in plain[3] and plain[0].endswith(": seeds")


def test_what_is_faint_gives_its_cells_to_the_curves():
    noise = Series("", tuple((float(e), 50.0 + (-1) ** e) for e in range(1, 40)), "test faint", faint=True)
    curve = Series("", tuple((float(e), 50.0) for e in range(1, 40)), "test")
    with_noise, alone = (plot(s, Viewport(1, 39, 0, 100), 45, 12) for s in ([noise, curve], [curve]))
    mine = {(x, y) for y, row in enumerate(alone) for x, cell in enumerate(row) if cell.style == "test"}
    assert mine and all(with_noise[y][x] == alone[y][x] for x, y in mine)


def test_strokes_differ_without_colour():
    flat = tuple((float(e), 50.0) for e in range(1, 40))
    rows = {
        stroke: lines(plot([Series("", flat, "", "●", marked=False, stroke=stroke)], Viewport(1, 39, 0, 100), 45, 8))[
            3
        ]
        for stroke in ("solid", "dashed", "dotted", "points")
    }
    assert len(set(rows.values())) == 4
    assert " " not in rows["solid"][5:] and " " in rows["dashed"][5:] and rows["points"].count("●") > 20


def test_sixteen_curves_are_told_apart_by_glyph():
    pens = [pen(n) for n in range(16)]
    assert len({p.glyph for p in pens}) == len({p.ascii for p in pens}) == 16
    assert all(a.style != b.style and a.stroke != b.stroke for a, b in pairwise(pens))


def test_a_legend_takes_rows_where_there_are_some_and_counts_what_it_leaves_out():
    series = [Series(f"run number {n}", ((1.0, 1.0),), "", pen(n).glyph) for n in range(9)]
    tall = lines(plot(series, Viewport(1, 10, 0, 100), 60, 28))
    assert "run number 8" in "\n".join(tall[:4])
    short = lines(plot(series, Viewport(1, 10, 0, 100), 60, 8))
    assert "run number 2" in short[0] and short[0].endswith("  +6 more")


def test_every_kind_of_line_has_its_glyphs_also_in_ascii():
    found = [event(kind, 5, "") for kind in LINES]
    assert len({(e.glyph, e.head) for e in found}) == len(found)
    for ascii in (False, True):
        shown = {
            lines(plot([], Viewport(1, 10, 0, 100), 25, 12, events=[e], ascii=ascii))[1:3].__repr__() for e in found
        }
        assert len(shown) == len(found)


def test_a_head_that_is_a_letter_in_ascii_stands_apart_from_its_label():
    for ascii, wanted in ((False, "↻resumed"), (True, "r resumed")):
        rows = lines(plot([], Viewport(1, 10, 0, 100), 40, 12, events=[event("resume", 5, "resumed")], ascii=ascii))
        assert rows[1].strip() == wanted


def test_lines_outside_the_part_that_is_seen_are_not():
    rows = lines(
        plot(SERIES, Viewport(4, 8, 0, 100), 45, 12, events=[event("phase", 2, "early"), Event(9, "late")], cursor=3)
    )
    assert not any(glyph in "\n".join(rows) for glyph in ("┊", "▲", "early", "late"))


def test_ticks_of_a_scale_of_factors_that_stand_near_one_another_differ():
    rows = plot([Series("lr", ((1.0, 0.1), (6.0, 0.1)), "test")], Viewport(1, 6, 0.085, 0.108, log=True), 40, 24)
    names = [name for row in rows if "┤" in (line := "".join(c.glyph for c in row)) and (name := line.split("┤")[0])]
    assert len(names) > 2 and len({float(name) for name in names}) == len(names)
