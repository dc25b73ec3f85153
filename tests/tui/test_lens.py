"""Zoom, pan, smoothing and scale, as the keys of every chart ask for them."""

from __future__ import annotations

import math

import pytest

from cockpit.tui.widgets.picture import Lens, Picture, seen, viewport_of
from cockpit.tui.widgets.plot import Band, Series, Viewport
from cockpit.tui.widgets.smoothing import smoothed

CURVE = tuple((float(e), 100 * (1 - math.exp(-e / 20))) for e in range(1, 101))
WHOLE = Viewport(1, 100, 0, 100)


def picture(points=CURVE, **more) -> Picture:
    return Picture("acc", (Series("test", points, "test", "●"),), WHOLE, **more)


def through(lens: Lens, of: Picture) -> Viewport:
    view = viewport_of(of, lens)
    assert view
    return view


def test_zoom_halves_the_epochs_around_the_cursor_and_fits_the_values():
    of = picture(cursor=80)
    view = through(Lens().zoomed_x(of, 0.5), of)
    assert view.last - view.first == 50 and view.first <= 80 <= view.last
    # What is seen lies above 70: the values below are not kept in sight.
    assert view.bottom >= 70 and view.top == 100


def test_without_a_cursor_the_newest_epoch_stays_in_sight():
    of, lens = picture(newest=77), Lens()
    for _ in range(5):
        lens = lens.zoomed_x(of, 0.5)
        view = through(lens, of)
        assert view.first <= 77 <= view.last


def test_zooming_out_again_shows_everything_as_if_nothing_was():
    of = picture()
    assert Lens().zoomed_x(of, 0.5).zoomed_x(of, 4) == Lens()


def test_zoom_ends_at_a_few_epochs():
    of, lens = picture(), Lens()
    for _ in range(20):
        lens = lens.zoomed_x(of, 0.5)
    view = through(lens, of)
    assert view.last - view.first == 4


def test_panning_moves_by_a_share_and_stops_at_the_ends():
    of = picture()
    lens = Lens().zoomed_x(of, 0.25)
    before = through(lens, of)
    after = through(lens.panned_x(of, 0.25), of)
    assert after.first - before.first == after.last - before.last == round((before.last - before.first) * 0.25)
    assert through(lens.panned_x(of, 100), of).last == 100
    assert through(lens.panned_x(of, -100), of).first == 1


def test_a_part_moves_along_with_the_cursor():
    of = picture()
    lens = Lens(x=(20, 40))
    assert lens.holding(picture(cursor=30)).x == (20, 40)
    assert lens.holding(picture(cursor=50)).x == (30, 50)
    assert lens.holding(picture(cursor=1)).x == (1, 21)
    assert lens.holding(of).x == (20, 40)


def test_y_is_zoomed_and_panned_inside_the_whole():
    of = picture()
    lens = Lens().zoomed_y(of, 0.5)
    assert lens.y == (25, 75)
    assert lens.panned_y(of, 0.5).y == (50, 100)
    assert lens.panned_y(of, 5).y == (50, 100)
    assert lens.zoomed_y(of, 2).y is None


def test_y_zooms_around_the_value_at_the_cursor():
    of = picture(cursor=100)
    bottom, top = Lens().zoomed_y(of, 0.1).y
    assert bottom < CURVE[-1][1] < top and top - bottom == pytest.approx(10)


def test_a_run_that_grows_stays_in_sight_unless_a_part_was_asked_for():
    longer = Picture("acc", picture().series, Viewport(1, 300, 0, 100))
    assert through(Lens(), longer).last == 300
    assert through(Lens(x=(10, 20)), longer).last == 20


def test_smoothing_begins_at_the_first_value_and_is_debiased():
    assert smoothed([(1.0, 5.0), (2.0, 5.0), (3.0, 5.0)], 0.9) == tuple(
        (float(x), pytest.approx(5.0)) for x in (1, 2, 3)
    )
    # By hand: (0.6 * 0.4 * 0 + 0.4 * 1) / (1 - 0.36).
    assert smoothed([(1.0, 0.0), (2.0, 1.0)], 0.6)[1][1] == pytest.approx(0.4 / 0.64)


def test_smoothing_keeps_what_is_no_number_and_goes_on_after_it():
    made = smoothed([(1.0, 2.0), (2.0, math.nan), (3.0, 2.0)], 0.6)
    assert math.isnan(made[1][1]) and made[2][1] == pytest.approx(2.0)


def test_smoothing_is_of_the_whole_curve_whatever_part_is_seen():
    of = picture(tuple((float(e), float(e % 7)) for e in range(1, 101)))
    part, whole = (seen(of, Lens(x=x, weight=0.9)).series[-1].points for x in ((50, 60), None))
    assert part == whole


def test_the_raw_curve_is_faint_behind_the_smoothed_one_and_not_in_the_legend():
    raw, smooth = seen(picture(), Lens(weight=0.6)).series
    assert raw.faint and raw.style == "test faint" and not raw.glyph and raw.points == CURVE
    assert not smooth.faint and smooth.glyph == "●" and smooth.points != CURVE
    assert seen(picture(), Lens(weight=0.6)).title == "acc · smoothed 0.6"


def test_what_is_not_measured_and_points_far_apart_are_not_smoothed():
    assert seen(picture(measured=False), Lens(weight=0.6)).series == picture().series
    published = Picture("", (Series("published", CURVE[::9], "plan", "×", stroke="points"),), WHOLE)
    assert seen(published, Lens(weight=0.6)).series == published.series


def test_a_scale_of_factors_leaves_out_what_is_not_above_zero():
    of = picture(((1.0, -5.0), (2.0, 0.0), (3.0, 0.1), (4.0, 10.0)))
    shown = seen(of, Lens(log=True))
    assert shown.viewport.log and 0 < shown.viewport.bottom < 0.1 and shown.viewport.top > 10
    assert shown.title.endswith("log")
    nothing = seen(picture(((1.0, -5.0), (2.0, 0.0))), Lens(log=True))
    assert not nothing.viewport.log and not nothing.title.endswith("log")


def test_zooming_a_scale_of_factors_is_by_factors():
    of = picture(((1.0, 0.01), (2.0, 100.0)))
    view = through(Lens(log=True).zoomed_y(of, 0.5), of)
    assert view.bottom * view.top == pytest.approx(1.0) and 0.05 < view.bottom < 0.2


def test_bands_are_kept_in_sight():
    of = Picture("", picture(((1.0, 50.0), (90.0, 50.0))).series, WHOLE, bands=(Band(((90.0, 20.0, 80.0),), "test"),))
    view = through(Lens(x=(85, 95)), of)
    assert view.bottom <= 20 and view.top >= 80


def test_nothing_to_see_yet():
    of = Picture("acc", empty="waiting")
    lens = Lens().zoomed_x(of, 0.5).panned_x(of, 1).zoomed_y(of, 0.5).panned_y(of, 1).holding(of)
    assert lens == Lens() and seen(of, Lens(weight=0.6, log=True)) == of


def test_of_a_young_run_only_what_is_within_reach_is_seen_until_one_zooms_out():
    young = picture(CURVE[:12], reach=20, newest=12)
    assert (through(Lens(), young).first, through(Lens(), young).last) == (1, 20)
    out = Lens().zoomed_x(young, 4)
    assert through(out, young).last > 20
    all_of_it = out.zoomed_x(young, 4)
    assert (through(all_of_it, young).first, through(all_of_it, young).last) == (1, 100)
    assert all_of_it.zoomed_x(young, 0.01).x != all_of_it.x
    # It grows by itself, and a cursor on what is still to come has all of it seen.
    assert through(Lens(), picture(CURVE[:20], reach=40, newest=20)).last == 40
    assert through(Lens(), picture(CURVE[:12], reach=20, newest=12, cursor=61)).last == 100


def test_panned_back_to_where_it_began_a_young_run_is_seen_as_it_grows():
    young = picture(CURVE[:12], reach=20, newest=12)
    assert Lens().panned_x(young, 0.5).panned_x(young, -5) == Lens()


@pytest.mark.parametrize("log", [False, True])
def test_however_far_y_is_zoomed_the_curve_in_hand_stays_in_sight(log):
    above = Series("train", tuple((x, min(100.0, y + 30)) for x, y in CURVE), "trained", "○")
    of = Picture("acc", (above, Series("test", CURVE, "test", "●", foremost=True)), WHOLE, newest=100)
    lens = Lens(log=log)
    for _ in range(6):
        lens = lens.zoomed_y(of, 0.5)
        view = through(lens, of)
        assert view.bottom <= CURVE[-1][1] <= view.top


@pytest.mark.parametrize("log", [False, True])
def test_what_is_not_zoomed_is_not_panned_and_goes_on_growing(log):
    for power in range(1, 60):
        of = picture(tuple((x, y + 1.07**power) for x, y in CURVE), newest=100)
        lens = Lens(log=log)
        assert lens.panned_y(of, 0.25) == lens
        assert lens.zoomed_y(of, 0.5).zoomed_y(of, 2) == lens


def test_a_curve_of_which_only_the_extremes_are_drawn_is_smoothed_as_a_whole():
    every = tuple((float(e), 10.0 if e % 10 == 0 else 90.0) for e in range(1, 20_001))
    drawn = tuple(p for p in every if p[0] % 10 in (0, 1))
    of = Picture("acc", (Series("test", drawn, "test", "●", whole=lambda: every),), Viewport(1, 20_000, 0, 100))
    shown = seen(of, Lens(weight=0.9)).series[-1].points
    assert len(shown) <= 2 * len(drawn) and shown[-1][0] == 20_000
    assert dict(shown).items() <= dict(smoothed(every, 0.9)).items()
