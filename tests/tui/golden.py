"""Screens as plain text, kept beside the tests: what a person sees, reviewed as any other file."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from fabricated import Seen, text

from cockpit.tui.app import CockpitApp

FOLDER = Path(__file__).parent / "goldens"
#: Set to write the screens anew instead of comparing with them.
REGENERATE = "REGENERATE_GOLDENS"


def assert_screen(app: CockpitApp, name: str) -> None:
    """What the app shows is what it showed when the golden of this name was written; the runs folder is no part."""
    shown, path = _shown(app), FOLDER / f"{name}.txt"
    if os.environ.get(REGENERATE):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(shown, "utf-8")
    assert path.exists(), f"no golden {path.name}: write it with {REGENERATE}=1"
    assert shown == path.read_text("utf-8"), (
        f"{path.name} differs; where that is meant, {REGENERATE}=1 writes it anew"
    )


async def assert_becomes(seen: Seen, name: str) -> None:
    """As `assert_screen`, of a screen whose parts come one after another: it has a while to become the golden."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get(REGENERATE):
        await seen.pilot.pause(1.0)
    elif path.exists():
        golden = path.read_text("utf-8")
        with contextlib.suppress(AssertionError):  # told below, by how it differs
            await seen.until(lambda _: _shown(seen.app) == golden)
    assert_screen(seen.app, name)


def _shown(app: CockpitApp) -> str:
    return re.sub(r"^( cockpit  )\S+ *", r"\1RUNS  ", text(app)) + "\n"
