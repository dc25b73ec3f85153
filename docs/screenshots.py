"""Makes home.svg and session.svg from the real app: python docs/screenshots.py RUNS [GROUP]."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from cockpit.tui.app import CockpitApp

SIZE = (120, 36)
HERE = Path(__file__).parent


async def take(root: Path, group: str | None) -> None:
    """Open the app, wait until it shows the runs, take both pictures."""
    app = CockpitApp(root, group=group)
    async with app.run_test(size=SIZE) as pilot:
        while not app.snapshots:
            await pilot.pause(0.1)
        await pilot.pause(0.5)
        (HERE / "home.svg").write_text(app.export_screenshot(title="cockpit"))
        # The third run of quickstart: trained under mixup, whose gap needs explaining.
        await pilot.press(*(() if group else ("2",)), "down", "down", "enter")
        await pilot.pause(1.5)
        (HERE / "session.svg").write_text(app.export_screenshot(title="cockpit"))


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
