"""Sessions to compare, and the place to compare them."""

from __future__ import annotations

from fabricated import make, planned, record
from msgspec.structs import replace

SIZES = [(80, 24), (120, 36), (200, 60)]


def eight(root, epochs=30):
    """Eight sessions that differ in their learning rate; the later ones begin slower and end higher."""
    made = []
    for number in range(8):
        run = planned()
        run = replace(run, spec=replace(run.spec, lr=0.1 * (number + 1)), name=f"lr{number}-{number:06x}")
        records = [
            record(run, e, test_acc=0.4 + (0.008 + 0.002 * number) * (e - number)) for e in range(1, epochs + 1)
        ]
        made.append(make(root, records, run=run))
    return made


async def opened(seen, paths):
    """Go to the place with these marked."""
    await seen.until(lambda _: len(seen.app.snapshots) >= len(paths))
    seen.app.mark(tuple(paths))
    await seen.press("3")
    return await seen.until("baseline A")
