"""The keys that zoom, pan, smooth and scale charts, for every screen that has some."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from cockpit.tui.widgets.chart import Chart

#: One press zooms by this factor, and pans by this share of what is seen.
ZOOM, PAN = 2.0, 0.25

CHART_KEYS = [
    Binding(
        "plus,equals_sign",
        "chart_zoom(1)",
        "zoom",
        id="chart.zoom_in",
        key_display="+ -",
        tooltip="Fewer epochs, around the cursor",
    ),
    Binding(
        "minus", "chart_zoom(-1)", "zoom out", id="chart.zoom_out", key_display="-", show=False, tooltip="More epochs"
    ),
    Binding(
        "comma,shift+left",
        "chart_pan(-1)",
        "pan left",
        id="chart.pan_left",
        show=False,
        tooltip="Earlier epochs, when zoomed",
    ),
    Binding(
        "full_stop,shift+right",
        "chart_pan(1)",
        "pan right",
        id="chart.pan_right",
        show=False,
        tooltip="Later epochs, when zoomed",
    ),
    Binding(
        "right_curly_bracket",
        "chart_zoom_y(1)",
        "zoom y",
        id="chart.zoom_in_y",
        key_display="}",
        show=False,
        tooltip="A smaller range of values, around the curve at the cursor",
    ),
    Binding(
        "left_curly_bracket",
        "chart_zoom_y(-1)",
        "zoom y out",
        id="chart.zoom_out_y",
        key_display="{",
        show=False,
        tooltip="A larger range of values",
    ),
    Binding(
        "right_parenthesis,shift+up",
        "chart_pan_y(1)",
        "pan up",
        id="chart.pan_up",
        show=False,
        tooltip="Higher values, when zoomed",
    ),
    Binding(
        "left_parenthesis,shift+down",
        "chart_pan_y(-1)",
        "pan down",
        id="chart.pan_down",
        show=False,
        tooltip="Lower values, when zoomed",
    ),
    Binding(
        "m", "chart_smooth", "smooth", id="chart.smooth", tooltip="Smooth the curves, raw ones faint behind: 0.6, 0.9"
    ),
    Binding("l", "chart_log", "log", id="chart.log", tooltip="A log scale of values, or a linear one"),
    Binding("0", "chart_reset", "all", id="chart.reset", show=False, tooltip="All epochs and values, as measured"),
]


class ChartKeys:
    """What the keys do; for a screen, which says which charts they are about.

    The epochs and the smoothing are those of all of them, so that what stands one above the other is the same time;
    the values are those of the first.
    """

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts that are seen; the first is the one in hand. May be empty."""
        raise NotImplementedError

    def action_chart_zoom(self, way: int) -> None:
        """In or out over the epochs."""
        for chart in self.charts:
            chart.look_through(chart.lens.zoomed_x(chart.picture, ZOOM**-way))

    def action_chart_pan(self, way: int) -> None:
        """To earlier or later epochs."""
        for chart in self.charts:
            chart.look_through(chart.lens.panned_x(chart.picture, PAN * way))

    def action_chart_zoom_y(self, way: int) -> None:
        """In or out over the values."""
        for chart in self.charts[:1]:
            chart.look_through(chart.lens.zoomed_y(chart.picture, ZOOM**-way))

    def action_chart_pan_y(self, way: int) -> None:
        """To higher or lower values."""
        for chart in self.charts[:1]:
            chart.look_through(chart.lens.panned_y(chart.picture, PAN * way))

    def action_chart_smooth(self) -> None:
        """The next smoothing."""
        for chart in self.charts:
            chart.look_through(chart.lens.smoother())

    def action_chart_log(self) -> None:
        """The other scale of values."""
        for chart in self.charts[:1]:
            chart.look_through(chart.lens.scaled())

    def action_chart_reset(self) -> None:
        """Everything, as measured."""
        for chart in self.charts:
            chart.look_through(type(chart.lens)())
