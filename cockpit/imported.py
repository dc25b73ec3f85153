"""A run that was brought along from another tool: imported.toml stands where a run of our own has spec.toml.

Nothing in the folder says how it could be trained, so no engine takes it up, and no queue: it is there to be looked
at and compared.
"""

from __future__ import annotations

from pathlib import Path

import tomli_w
from msgspec import Struct, to_builtins

from engine.contract.checked import check, read_toml
from engine.contract.errors import UserError
from engine.contract.folder import publish

FILE = "imported.toml"


class Imported(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a run came from, and how it was read.

    `source` is the folder its event files lie in, `fields` says which tag each figure was read from, and `notes` what
    a person should know of the reading, a sentence each.
    """

    source: str
    format: str = "tensorboard"
    epochs: int = 0
    fields: dict[str, str] = {}
    notes: tuple[str, ...] = ()


def is_imported(run: Path) -> bool:
    """Whether a run's folder holds one that was brought along."""
    return (run / FILE).exists()


def read(run: Path) -> Imported | None:
    """What is told of an imported run; None for any other.

    Raises:
        UserError: imported.toml is not as it must be.
    """
    path = run / FILE
    return check(read_toml(path), Imported, path, "") if path.exists() else None


def readable(run: Path) -> Imported | None:
    """The same, and None where it is damaged."""
    try:
        return read(run)
    except UserError:
        return None


def write(run: Path, told: Imported) -> None:
    """Put it in place, whole.

    Raises:
        OSError: the folder cannot be written.
    """
    publish(run / FILE, tomli_w.dumps(to_builtins(told)).encode())
