"""What is asked of the engine before runs are queued, and what it finds: the words of `cockpit doctor`."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct


class Question(Struct, frozen=True):
    """The runs to look at, as settings by GROUP/NAME, and the folder that they will write to."""

    root: str
    runs: dict[str, dict[str, Any]]


class Finding(Struct, frozen=True):
    """One thing looked at. A `fault` would make a run fail; `remedy` says what to do about it."""

    level: Literal["ok", "warning", "fault"]
    subject: str
    words: str
    remedy: str = ""


class Sizing(Struct, frozen=True):
    """The settings of a run whose size is asked for."""

    run: dict[str, Any]


class Size(Struct, frozen=True):
    """What a run takes, bytes, as an estimate; `problem` says why that cannot be told."""

    memory: int = 0
    checkpoint: int = 0
    problem: str = ""
