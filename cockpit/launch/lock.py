"""One supervisor a runs folder and machine: a lock that its process holds for as long as it lives."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from pathlib import Path


class Lock:
    """Held from `take` until `release`, or until the process ends, however it ends.

    The file lies in the machine's own temporary folder: a runs folder may be on a network file system, whose locks
    are not to be trusted, and other machines have supervisors of their own. Not in $TMPDIR, in which two shells may
    differ, unless there is nothing else.
    """

    def __init__(self, root: Path) -> None:
        shared = "/tmp" if os.access("/tmp", os.W_OK | os.X_OK) else tempfile.gettempdir()
        folder = Path(shared) / f"cockpit-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._path = folder / f"{hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]}.lock"
        self._handle: int | None = None

    def take(self, patience: float = 0.0) -> bool:
        """Whether it is ours now; False when another process holds it, and does so for `patience` seconds."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + patience
        while not _locked(handle):
            if time.monotonic() >= end:
                os.close(handle)
                return False
            time.sleep(0.02)
        self._handle = handle
        return True

    def release(self) -> None:
        """Let it go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def sign(self) -> None:
        """Write down who holds it, for people."""
        assert self._handle is not None, "only a holder signs"
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, str(os.getpid()).encode(), 0)

    def holder(self) -> int | None:
        """The process that holds it, 0 when that one has not signed; None when none does."""
        if self.take():
            self.release()
            return None
        try:
            return int(self._path.read_text() or 0)
        except (OSError, ValueError):
            return 0


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
