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
