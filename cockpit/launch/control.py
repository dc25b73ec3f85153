"""Requests to a running engine, as files in its run's folder."""

from __future__ import annotations

from pathlib import Path

from engine.contract.folder import publish


def request_stop(run: Path) -> None:
    """Ask a run to save and stop once its present epoch is done.

    Raises:
        OSError: the folder cannot be written.
    """
    publish(run / "control" / "stop", b"after the epoch\n")


def withdraw(run: Path) -> None:
    """Take back a request that no engine has honoured, so that it does not stop the next attempt."""
    (run / "control" / "stop").unlink(missing_ok=True)
