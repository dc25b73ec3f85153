"""How long one chart takes to draw: 8 series of 200 points on 120x30, milliseconds, the median of 50."""

from __future__ import annotations

import math
import statistics
import time

from cockpit.tui.widgets.plot import Event, Series, Viewport, plot


def main() -> None:
    """Draw in braille and in ASCII."""
    series = [
        Series(f"s{n}", tuple((float(e), 90 * (1 - math.exp(-e / (10 + n)))) for e in range(1, 201)), "test", "●")
        for n in range(8)
    ]
    for ascii in (False, True):
        took = []
        for _ in range(50):
            began = time.perf_counter()
            plot(series, Viewport(1, 200, 0, 100), 120, 30, title="x", events=[Event(50, "mixup")], ascii=ascii)
            took.append((time.perf_counter() - began) * 1000)
        print(f"{'ascii' if ascii else 'braille'}  {statistics.median(took):.2f} ms")


if __name__ == "__main__":
    main()
