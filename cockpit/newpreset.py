"""`cockpit presets new FROM NAME`: a preset of one's own, begun as a copy of another."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from rich.text import Text

from cockpit.console import stdout_console
from cockpit.plan import check_group, missing
from cockpit.presetcheck import passed, planned
from cockpit.presets import locate, names, own, shipped
from engine.contract.cleaning import clean
from engine.contract.errors import UserError


def new(source: str, name: str | None, root: Path) -> None:
    """Copy a preset into the user's own folder, have it edited where there is a terminal and an editor, check it.

    Raises:
        UserError: there is no such preset, the name is taken or cannot be one, the folder cannot be written, the
            editor failed, or there is a mistake in what was written. Once made, the file is kept.
    """
    path = _copy(locate(source), name)
    console = stdout_console()
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    unopened = "; neither VISUAL nor EDITOR is set, so open it yourself" if on_terminal and not editor else ""
    console.print(Text(clean(f"made {path}{unopened}")), soft_wrap=True)
    if editor and on_terminal:
        _edit(editor, path)
    try:
        made = planned(path, root)
    except UserError as error:
        remedy = f"{error.remedy}; the file is kept: mend it, then: cockpit presets check {path.stem}"
        raise UserError(error.where, error.key, error.problem, remedy) from None
    for line in (*passed(made), *missing(made), f"to run it: cockpit run {path.stem}"):
        console.print(Text(clean(line)), soft_wrap=True)


def edited_copy(source: Path, root: Path) -> tuple[Path | None, str]:
    """Copy a preset under a free name, have it edited; the copy, if there is one, and in words what came of it."""
    free = (f"{source.stem}-mine{number or ''}" for number in (0, *range(2, 1000)))
    path = None
    try:
        path = _copy(source, next(name for name in free if name not in names()))
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
        if not editor:
            return path, f"made {path}; neither VISUAL nor EDITOR is set, so open it yourself"
        _edit(editor, path)
        return path, f"made {path}: " + "; ".join(passed(planned(path, root)))
    except UserError as error:
        return path, clean(str(error))


def _copy(source: Path, name: str | None) -> Path:
    """The new file, which no other had the name of.

    Raises:
        UserError: the name is taken or cannot be one, or the file cannot be read or written.
    """
    again = f"cockpit presets new {shlex.quote(str(source) if source.parent != shipped() else source.stem)} NAME"
    remedy = f"give it another name: {again}"
    name = name or f"{source.stem}-mine"
    try:
        check_group(name)
    except UserError as error:
        raise UserError("NAME", "", f"{name!r} cannot be a preset's name", error.remedy) from None
    path = own() / f"{name}.toml"
    if name in names():
        raise UserError(f"preset {name!r}", "", f"is there already: {names()[name]}", remedy)
    try:
        content = source.read_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(error, path) from error
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UserError(path, "", "is there already", remedy) from None
    except OSError as error:
        raise _refused(error, path) from error
    return path


def _refused(error: OSError, path: Path) -> UserError:
    remedy = "mend its permissions, or name another folder with COCKPIT_PRESETS"
    return UserError(error.filename or path, "", error.strerror or str(error), remedy)


def _edit(editor: str, path: Path) -> None:
    """Have the user's editor open the file, and wait for it.

    Raises:
        UserError: it cannot be started, or says that it failed.
    """
    remedy = f"the preset is kept: open {path} yourself, then: cockpit presets check {path.stem}"
    # ^C is the editor's while it runs: it stands in the same terminal.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"editor {editor!r}", "", f"cannot be started: {reason}", remedy) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        raise UserError(f"editor {editor!r}", "", f"ended with exit code {code}", remedy)
