"""The command as it is typed, in this process: quicker than one of its own, and as much of it."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from cockpit.cli import main


class Came(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Came:
    monkeypatch.setattr(sys, "argv", ["cockpit", *arguments])
    code = 0
    try:
        main()
    except SystemExit as left:
        code = int(left.code or 0)
    return Came(code, *capsys.readouterr())
