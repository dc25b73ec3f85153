"""`cockpit doctor [PRESET]`: before anything is queued, everything that would make one of its runs fail."""

from __future__ import annotations

import configparser
import getpass
import importlib.util
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from rich.text import Text

from cockpit import notify
from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.launch.prepare import folders, settled
from cockpit.plan import Plan
from engine.contract.cleaning import clean
from engine.contract.finding import Finding, Question

#: What a run cannot do without; what only some need is looked at where they need it.
PACKAGES = ("torch", "numpy", "msgspec", "tensorboard", "sklearn", "PIL")
_GLYPHS = {"ok": "✓", "warning": "▲", "fault": "✗"}
LOGIND = (
    Path("/etc/systemd/logind.conf"),
    Path("/etc/systemd/logind.conf.d"),
    Path("/run/systemd/logind.conf.d"),
    Path("/usr/lib/systemd/logind.conf.d"),
)


def doctor(plan: Plan | None, root: Path) -> int:
    """Print what is found, a line each as it is found; 1 when something would make a run fail, else 0."""
    return told(findings(plan, root))


def told(found: Iterable[Finding]) -> int:
    """Print findings as they come; 1 when one is a fault, else 0."""
    console = stdout_console()
    faults = 0
    for finding in found:
        faults += finding.level == "fault"
        line = clean(f"{_GLYPHS[finding.level]} {finding.subject}: {finding.words}")
        console.print(Text(line), soft_wrap=True)
        if finding.remedy:
            console.print(Text(f"    {clean(finding.remedy)}"), soft_wrap=True)
    words = f"{counted(faults, 'thing')} would make a run fail" if faults else "nothing wrong"
    console.print(Text(words))
    return 1 if faults else 0


def findings(plan: Plan | None, root: Path) -> Iterator[Finding]:
    """Everything looked at: packages, login, runs folder; then, by the engine, what the preset's runs need."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        yield Finding("fault", "packages", f"missing: {', '.join(missing)}", f"install them for {sys.executable}")
        return
    yield Finding("ok", "packages", f"all there, in {sys.prefix}")
    yield login_finding(LOGIND, Path("/var/lib/systemd/linger"), getpass.getuser())
    yield folder_finding(root)
    if trouble := notify.trouble():
        yield Finding("warning", "notification", trouble, "name one that is in PATH, or its whole path")
    if plan is not None:
        yield from asked_of_the_engine(plan, root)


def folder_finding(root: Path) -> Finding:
    """Whether the runs folder, or where it would be made, can be written."""
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    try:
        probe = there / ".cockpit-doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        remedy = "name another with --runs DIR or COCKPIT_RUNS, or mend its permissions"
        return Finding("fault", "runs folder", f"{there} cannot be written: {error.strerror}", remedy)
    return Finding("ok", "runs folder", f"{root} can be written")


def login_finding(places: tuple[Path, ...], lingering: Path, user: str) -> Finding:
    """Whether logging out would kill what was left running: logind's KillUserProcesses, unless the user lingers."""
    files = [f for p in places for f in (sorted(p.glob("*.conf")) if p.is_dir() else [p]) if f.is_file()]
    for file in files:
        parser = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
        try:
            parser.read_string(file.read_text())
            kills = parser.getboolean("Login", "KillUserProcesses", fallback=False)
        except (configparser.Error, OSError, ValueError):
            continue
        if kills and not (lingering / user).exists():
            words = f"{file} sets KillUserProcesses: logging out would kill every run"
            return Finding("fault", "login", words, f"loginctl enable-linger {user}")
    return Finding("ok", "login", "logging out leaves background processes alone, as far as its settings say")


def asked_of_the_engine(plan: Plan, root: Path) -> Iterator[Finding]:
    """What only the engine can see: data, device, memory, disk."""
    paths = folders(plan, root)
    runs = zip(settled(plan, paths), paths, strict=True)
    question = Question(str(root), {f"{p.parent.name}/{p.name}": msgspec.to_builtins(run.spec) for run, p in runs})
    answer = subprocess.run(
        [sys.executable, "-P", "-m", "engine.probe"],
        input=msgspec.json.encode(question),
        capture_output=True,
        check=False,
    )
    for line in answer.stdout.splitlines():
        yield msgspec.json.decode(line, type=Finding)
    if answer.returncode:
        last = answer.stderr.decode(errors="replace").strip().splitlines()[-1:]
        yield Finding("fault", "engine", f"could not look: {' '.join(last)}", "python -P -m engine.probe says more")
