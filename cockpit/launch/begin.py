"""Launch a plan so that it outlives whoever launched it: folders, what is asked, and a queue to see to it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from cockpit.launch.control import ask
from cockpit.launch.prepare import prepare
from cockpit.launch.slots import check_device
from cockpit.launch.supervisor import ensure
from cockpit.plan import Plan


def begin(plan: Plan, root: Path, **asked: Any) -> subprocess.Popen[bytes] | None:
    """Ask for every run of a plan, and return at once; the queue's process where one had to be started.

    `asked` are what control.ask takes.

    Raises:
        UserError: the runs folder cannot be written, or this machine lacks the device; nothing was launched.
        OSError: what is asked cannot be written.
    """
    check_device([run.spec for run in plan.runs], asked.get("backend", "local"))
    # Where nothing is left to do, nobody is needed for it, and nothing need be written.
    return ensure(root) if ask(prepare(plan, root), **asked) else None
