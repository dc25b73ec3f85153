"""How long one chart takes to draw on 120x30, milliseconds: medians of n, by the clock and of the processor."""

from __future__ import annotations

import math
import random
import statistics
import time

from cockpit.tui.widgets.picture import Lens, Picture, seen
from cockpit.tui.widgets.plot import Series, Viewport, plot
from cockpit.tui.widgets.series import event, pen

WIDTH, HEIGHT = 120, 30
#: Curves, points each, redraws.
SIZES = ((8, 200, 100), (16, 200, 100), (1, 100_000, 20), (8, 100_000, 10))
LENSES = {"all": Lens(), "smoothed": Lens(weight=0.9), "log": Lens(log=True)}


def picture(curves: int, points: int) -> Picture:
    """Curves that rise and waver, as accuracies do."""
    noise = random.Random(0)
    drawn = []
    for number in range(curves):
        style, glyph, ascii, stroke = pen(number)
        pace = points / (10 + number)
        values = (90 * (1 - math.exp(-x / pace)) + noise.gauss(0, 0.5) for x in range(1, points + 1))
        drawn.append(Series(f"run {number}", tuple(enumerate(values, 1)), style, glyph, ascii, stroke=stroke))
    lines = (event("phase", points // 2, "mixup"), event("resume", points // 3, ""))
    return Picture("test accuracy %", tuple(drawn), Viewport(1, points, 0, 100), lines, cursor=points // 4)


def redraw(whole: Picture, lens: Lens, ascii: bool) -> tuple[float, float]:
    """Milliseconds from the picture to its cells: by the clock, and what this process had of the processor."""
    began = time.perf_counter(), time.process_time()
    shown = seen(whole, lens)
    assert shown.viewport
    plot(shown.series, shown.viewport, WIDTH, HEIGHT, title=shown.title, events=shown.events, ascii=ascii)
    return (time.perf_counter() - began[0]) * 1000, (time.process_time() - began[1]) * 1000


def main() -> None:
    """In braille and in ASCII; whole, smoothed, on a scale of factors, and a tenth of it."""
    print(f"{'curves':>6} {'points':>7}  {'':10} {'':8} {'clock':>7} {'processor':>9}    n")
    for curves, points, times in SIZES:
        whole = picture(curves, points)
        lenses = LENSES | {"a tenth": Lens().zoomed_x(whole, 0.1)}
        for (name, lens), ascii in [(each, False) for each in lenses.items()] + [(("all", Lens()), True)]:
            took = [redraw(whole, lens, ascii) for _ in range(times)]
            kind = "ascii" if ascii else "braille"
            clock, processor = (statistics.median(column) for column in zip(*took, strict=True))
            print(f"{curves:6} {points:7}  {name:10} {kind:8} {clock:7.2f} {processor:9.2f} {times:4}")


if __name__ == "__main__":
    main()
