"""`python -P -m engine.data prepare NAME` or `import NAME --from DIR`: builds a data cache. Needs no torch.

Progress goes to standard output, one `Progress` (engine/contract/dataset.py) as JSON a line, for whoever started
it to draw. Exit codes: 0 the cache is in place, 2 the input is wrong.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Literal

import msgspec

from engine.contract.dataset import IMPORTED, Progress
from engine.contract.errors import UserError
from engine.data import cache
from engine.data.image_folder import read_image_folder
from engine.data.prepare import prepare, source_of

#: How often progress is told, seconds.
EVERY = 0.1


def main() -> int:
    """Build one cache; 0 when it is in place, 2 when the input is wrong."""
    parser = argparse.ArgumentParser(prog="engine.data")
    parser.add_argument("command", choices=["import", "prepare"])
    parser.add_argument("name")
    parser.add_argument("--from", dest="source", type=Path)
    parser.add_argument("--replace", action="store_true")
    args = parser.parse_args()
    if (args.command == "import") != (args.source is not None):
        parser.error("import needs --from DIR, prepare takes none")
    _leave_cleanly()
    report = Reporter()
    try:
        if args.command == "prepare":
            prepare(source_of(args.name), report, replace=args.replace)
        else:
            cache.check_free(args.name, replace=args.replace)
            arrays = read_image_folder(args.source, lambda done, total: report("images", done, total))
            cache.save(args.name, arrays, f"{IMPORTED} {args.source.absolute()}", replace=args.replace)
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except MemoryError:
        sys.stderr.write(f"error: data set {args.name!r}: does not fit into memory\n  take a machine with more\n")
        return 2
    return 0


class Reporter:
    """Tells how far the work is, at most every so often."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, unit: Literal["bytes", "images"], done: int, total: int) -> None:
        """Write a line, if it is time or the work is done."""
        if done != total and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        try:
            sys.stdout.write(msgspec.json.encode(Progress(unit, done, total)).decode() + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Nobody reads it any more; the work is worth finishing.
            sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (it lives as long as the process)


def _leave_cleanly() -> None:
    """A signal ends the process through its `finally` clauses, which take away what is half-written."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # One that is ignored stays so: nohup asks for that.
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, lambda number, _: sys.exit(128 + number))


if __name__ == "__main__":
    sys.exit(main())
