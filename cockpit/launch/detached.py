"""Launch a preset so that it outlives whoever launched it: the headless run, in a session of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cockpit.launch.prepare import prepare
from cockpit.plan import plan


def launch(
    preset: str,
    overrides: Sequence[str] = (),
    group: str | None = None,
    root: Path = Path("runs"),
    only: str | None = None,
) -> subprocess.Popen[bytes]:
    """Check and prepare everything here, then start `cockpit run --headless` apart, and return at once.

    What it prints goes to <root>/<group>/launch.log.

    Raises:
        UserError: something is wrong with the preset, an override or the runs folder; nothing was launched.
    """
    planned = plan(preset, overrides, group=group, only=only, root=root)
    folder = prepare(planned, root)[0].parent
    arguments = ["run", str(planned.path), "--headless", "--runs", str(root.absolute()), "--group", folder.name]
    arguments += [part for override in overrides for part in ("--set", override)]
    arguments += ["--only", only] if only is not None else []
    with (folder / "launch.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "cockpit.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if k != "FORCE_COLOR"} | {"PYTHONUNBUFFERED": "1"},
        )
