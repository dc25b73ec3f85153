"""What is asked for in the launch dialog: text as it was typed, and what it comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from msgspec import Struct

from cockpit.completion import settings
from cockpit.dryrun import lines
from cockpit.launch.backends import executor
from cockpit.launch.prepare import folders
from cockpit.launch.slots import check_device
from cockpit.overrides import overrides_of
from cockpit.plan import Plan, check_data, plan
from cockpit.request import Backend
from engine.contract.errors import UserError, nearest

BACKENDS: tuple[Backend, ...] = get_args(Backend)


class Order(Struct, frozen=True, kw_only=True):
    """A preset and the fields of the dialog, each as typed; an empty one asks for nothing."""

    preset: Path
    settings: str = ""
    seeds: str = ""
    only: str = ""
    group: str = ""
    backend: str = "local"
    retries: str = "0"
    per_gpu: str = "1"
    priority: str = "0"

    def planned(self, root: Path) -> Plan:
        """The runs.

        Raises:
            UserError: a field or what it asks for is wrong.
        """
        overrides = overrides_of(settings(self.settings), self.seeds.strip() or None)
        group, only = self.group.strip() or None, self.only.strip() or None
        return plan(str(self.preset), overrides, group=group, only=only, needs_data=False, root=root)

    def asked(self) -> dict[str, Any]:
        """What control.ask takes.

        Raises:
            UserError: a number is none, there is no such backend, or its profile has a mistake.
        """
        numbers = {
            "retries": _whole("retries", self.retries, 0),
            "per_gpu": _whole("per GPU", self.per_gpu, 1),
            "priority": _whole("priority", self.priority, None),
        }
        backend = self.backend.strip() or "local"
        if backend not in BACKENDS:
            raise UserError("backend", "", f"{backend!r} is none", nearest(backend, BACKENDS))
        if backend != "local":
            executor(backend)
        return numbers | {"backend": backend}

    def shown(self, root: Path) -> tuple[Plan, list[str]]:
        """The runs, and all that a dry run says of them.

        Raises:
            UserError: anything that would keep it from being launched.
        """
        asked, made = self.asked(), self.planned(root)
        check_data(made.runs, made.path)
        check_device([run.spec for run in made.runs], asked["backend"])
        told = lines(made, root, folders(made, root), asked["backend"], asked["per_gpu"])
        return made, [*(f"▲ {caution}" for caution in made.cautions), *told]


def _whole(name: str, text: str, least: int | None) -> int:
    try:
        number = int(text.strip() or max(0, least or 0))
    except ValueError:
        raise UserError(name, "", f"{text!r} is no whole number", "write one, as in 2") from None
    if least is not None and number < least:
        raise UserError(name, "", f"{number} is too small", f"write {least} or more")
    return number
