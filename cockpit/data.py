"""`cockpit data`: lists data sets, has the engine build their caches, and shows how far it is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Literal

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from cockpit.console import stdout_console
from engine.contract.cleaning import clean
from engine.contract.dataset import (
    BUILT_IN,
    PREPARABLE,
    Manifest,
    Outline,
    Progress,
    available,
    damage,
    data_home,
    downloads,
    how_to_bring,
)


class Listed(Struct, frozen=True, kw_only=True):
    """One data set as the listing tells of it.

    `shape` is (channels, height, width), `disk_bytes` what its cache takes, `problem` why it is damaged.
    """

    name: str
    state: Literal["ready", "built in", "not here", "damaged"]
    classes: int | None = None
    train_images: int | None = None
    test_images: int | None = None
    shape: tuple[int, int, int] | None = None
    disk_bytes: int = 0
    source: str = ""
    problem: str = ""


def listing() -> list[Listed]:
    """Every data set: the built-in ones, those that can be prepared, and those that were imported."""
    found = available()
    unreadable = (path.parent.name for path in sorted(data_home().glob("*/manifest.json")))
    names = dict.fromkeys((*BUILT_IN, *PREPARABLE, *found, *unreadable))
    return [_listed(name, found.get(name)) for name in names]


def _listed(name: str, manifest: Manifest | None) -> Listed:
    if manifest is None:
        outline = BUILT_IN.get(name) or PREPARABLE.get(name)
        sizes = msgspec.structs.asdict(outline) if outline else {}
        if (data_home() / name / "manifest.json").exists():
            problem = f"{data_home() / name / 'manifest.json'} cannot be read"
            return Listed(name=name, state="damaged", problem=problem, **sizes)
        return Listed(name=name, state="built in" if name in BUILT_IN else "not here", **sizes)
    problem = damage(name, manifest)
    outline = Outline(len(manifest.classes), manifest.shape, manifest.train_images, manifest.test_images)
    return Listed(
        name=name,
        state="damaged" if problem else "ready",
        disk_bytes=sum(size for size, _ in manifest.files.values()),
        source=manifest.source,
        problem=problem,
        **msgspec.structs.asdict(outline),
    )


def show(*, as_json: bool) -> None:
    """Print the listing: a table and what to do for those that are not here, or a JSON array."""
    found = listing()
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("data set", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("classes", "train", "test", "size", "disk"):
        table.add_column(column, justify="right", no_wrap=True)
    for each in found:
        counts = (each.classes, each.train_images, each.test_images)
        size = "{2}x{1}x{0}".format(*each.shape) if each.shape else "-"
        disk = decimal(each.disk_bytes) if each.disk_bytes else "-"
        numbers = ["-" if n is None else f"{n:,}" for n in counts]
        table.add_row(Text(clean(each.name)), each.state, *numbers, size, disk)
    console = stdout_console()
    console.print(table)
    for each in found:
        if each.problem:
            remedy = f"{how_to_bring(each.name, available().get(each.name))} --replace"
            console.print(Text(clean(f"{each.name}: {each.problem}; bring it again: {remedy}")), soft_wrap=True)
    console.print(Text(f"in {data_home()}"), soft_wrap=True)
    if kept := sum(path.stat().st_size for path in downloads().glob("*") if path.is_file()):
        text = f"{decimal(kept)} of archives in {downloads()}, not needed once a set is ready"
        console.print(Text(text), soft_wrap=True)


def prepare(name: str, *, replace: bool) -> int:
    """Have a published data set fetched, checked and cached; returns the exit code of the engine's process."""
    return _build(name, ["prepare", name], replace=replace)


def import_folder(name: str, source: Path, *, replace: bool) -> int:
    """Import an ImageFolder under a name; returns the exit code of the engine's process."""
    return _build(name, ["import", name, "--from", str(source)], replace=replace)


def _build(name: str, arguments: list[str], *, replace: bool) -> int:
    """Run the engine's process under a bar, and say what it built or what it found wrong."""
    command = [sys.executable, "-P", "-m", "engine.data", *arguments]
    command += ["--replace"] if replace else []
    # Its errors go to a file until the bar is gone, which would otherwise paint over them.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as engine:
            _draw(name, engine.stdout)
        errors.seek(0)
        sys.stderr.write(clean(errors.read()))
    if engine.returncode == 0 and (manifest := available().get(name)):
        counts = f"{manifest.train_images} training and {manifest.test_images} test images"
        channels, height, width = manifest.shape
        sys.stdout.write(f"{name}: {counts}, {len(manifest.classes)} classes, {width}x{height}x{channels}, ")
        sys.stdout.write(f"in {data_home() / name}\n")
    return engine.returncode


def _draw(name: str, lines: IO[bytes] | None) -> None:
    """A bar for the bytes that are fetched, then one for the images that are read, until the lines end."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeRemainingColumn(),
    )
    verbs = {"bytes": "fetching", "images": "reading"}
    hidden = not sys.stderr.isatty()
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=hidden) as bar:
        tasks = {}
        for line in lines or ():
            told = msgspec.json.decode(line, type=Progress)
            if told.unit not in tasks:
                tasks[told.unit] = bar.add_task(f"{verbs[told.unit]} {name}", amount="")
            bar.update(tasks[told.unit], completed=told.done, total=told.total, amount=_amount(told))


def _amount(told: Progress) -> str:
    if told.unit == "bytes":
        return f"{decimal(told.done)} of {decimal(told.total)}"
    return f"{told.done:,} of {told.total:,} images"
