"""Publish a group of finished runs: `python docs/publish.py runs/quickstart` copies it to runs/published/quickstart.

Settings, records and verdicts are copied; checkpoints, TensorBoard's files, logs and job files stay behind. What an
attempt was run by is blanked. Nothing is published in
which a folder of this machine, its name or its user still stands.
"""

from __future__ import annotations

import getpass
import re
import shutil
import sys
from pathlib import Path

from msgspec.structs import replace

from engine.contract.folder import Ended, Started, attempts, publish, read_json
from engine.contract.process import ProcessId, host

PUBLISHED = Path(__file__).parents[1] / "runs" / "published"
NOBODY = ProcessId(host="", boot="", pid=0, start=0.0)


def main() -> int:
    """Copy the group, look through what was copied, and say what is left to write."""
    source = Path(sys.argv[1])
    target = PUBLISHED / source.name
    runs = sorted(spec.parent for spec in source.glob("*/spec.toml"))
    open_ones = [run.name for run in runs if not _ended(run)]
    if not runs or open_ones:
        print(f"{source}: " + (f"have not ended: {', '.join(open_ones)}" if open_ones else "holds no runs"))
        return 1
    for run in runs:
        _copy(run, target / run.name)
    named = [found for path in sorted(target.rglob("*")) if path.is_file() for found in _names(path)]
    if named:
        shutil.rmtree(target)
        print("\n".join(("not published: this machine is named in", *named)))
        return 1
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{len(runs)} runs, {size / 1e6:.1f} MB, in {target}; now write {target / 'note.md'}:")
    print("the hardware, the versions, the command, and what is to be known of the figures")
    return 0


def _ended(run: Path) -> bool:
    tried = attempts(run)
    return bool(tried) and read_json(tried[-1] / "ended.json", Ended) is not None


def _copy(run: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for name in ("spec.toml", "metrics.jsonl", "note.md"):
        if (run / name).exists():
            shutil.copyfile(run / name, target / name)
    for attempt in attempts(run):
        if started := read_json(attempt / "started.json", Started):
            publish(target / "attempts" / attempt.name / "started.json", replace(started, process=NOBODY))
        if ended := read_json(attempt / "ended.json", Ended):
            publish(target / "attempts" / attempt.name / "ended.json", ended)


def _names(path: Path) -> list[str]:
    """Where a file names a folder of this machine, the machine itself, or its user."""
    private = "|".join(re.escape(name) for name in (host(), getpass.getuser()))
    pattern = re.compile(rf"(?<![\w.-])({private})(?![\w-])|(?<![\w.~:/])/\w+/")
    lines = path.read_text(encoding="utf-8").splitlines()
    where = f"{path.parent.name}/{path.name}"
    return [f"{where}:{n}: {line[:80]}" for n, line in enumerate(lines, 1) if pattern.search(line)]


if __name__ == "__main__":
    sys.exit(main())
