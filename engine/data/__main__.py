"""`python -P -m engine.data import NAME --from DIR`: builds a data cache. Needs no torch.

Progress goes to standard output as `done total` lines, for whoever started it to draw.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.contract.errors import UserError
from engine.data import cache
from engine.data.image_folder import read_image_folder


def main() -> int:
    """Import one ImageFolder; 0 when it is in place, 2 when the input is wrong."""
    parser = argparse.ArgumentParser(prog="engine.data")
    parser.add_argument("command", choices=["import"])
    parser.add_argument("name")
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--replace", action="store_true")
    args = parser.parse_args()
    try:
        cache.check_free(args.name, replace=args.replace)
        arrays = read_image_folder(args.source, _report)
        cache.save(args.name, arrays, source=f"ImageFolder {args.source.absolute()}", replace=args.replace)
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def _report(done: int, total: int) -> None:
    if done % 500 == 0 or done == total:
        sys.stdout.write(f"{done} {total}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
