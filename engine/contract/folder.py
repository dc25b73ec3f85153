"""A run's folder: the interface between whoever launches, whoever trains and whoever watches.

    runs/<group>/<label>-<6 hex>/
      spec.toml        the resolved settings, where each came from, and the preset's thresholds
      metrics.jsonl    the metric stream (stream.py)
      attempts/<n>/    job.json, started.json, progress.json, ended.json, log.txt; to make it is to claim it
      checkpoints/     state to go on from, each with a manifest written last
      tensorboard/     <node>_<model>/
      control/stop     a request to stop after the epoch
      queue.json       what people asked of it (cockpit/request.py)

Every JSON file here has one writer and appears whole: it is written aside and renamed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import tomli_w
from msgspec import Meta, Struct

from engine.contract.checked import check, read_toml
from engine.contract.errors import UserError
from engine.contract.process import ProcessId
from engine.contract.reference import Figures
from engine.contract.spec import MOST_EPOCHS, Inputs, Spec, check_spec

T = TypeVar("T", bound=Struct)
_UMASK = os.umask(0)
os.umask(_UMASK)
#: The exit code of an engine that saved and left because it was asked to.
EXIT_STOPPED = 85
#: How often a running engine touches its started.json, seconds.
HEARTBEAT_SECONDS = 5.0
#: What control/stop holds when the engine is to save and leave after its present step, not its present epoch.
STOP_NOW = b"now\n"


class Gap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The train-test gaps from which on a run is watched, warned of, critical: fractions of 1."""

    watch: float = 0.05
    warn: float = 0.10
    critical: float = 0.20


class SpecFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What spec.toml holds beside the settings.

    `sources` says of each setting where its value came from, `inputs` which data and teacher they named.
    `at` is the point of the preset's grid that the run stands at, axis to value: `{"data": "svhn", "run.seed": 0}`.
    `reference` holds published figures of the same run.
    """

    run: dict[str, Any]
    preset: str = ""
    title: str = ""
    sources: dict[str, str] = {}
    gap: Gap = Gap()
    target: dict[str, float] = {}
    inputs: Inputs = Inputs()
    at: dict[str, Any] = {}
    reference: Figures = Figures()


class Job(Struct, frozen=True, kw_only=True):
    """Who was asked to run an attempt, and what it may have there.

    `process` is the engine's, once the system has given it one; on a cluster `id` is the job's instead, `tag` the
    name it was submitted under, and `place` its number there. On this machine it has the share `gpu_share` of the
    GPU `gpu`, or `threads` cores.
    """

    backend: Literal["local", "slurm", "pbs"]
    argv: tuple[str, ...]
    time: float
    process: ProcessId | None = None
    gpu: str | None = None
    gpu_share: float = 0.0
    threads: int = 0
    tag: str = ""
    place: int = 0
    id: str = ""


class Started(Struct, frozen=True, kw_only=True):
    """The engine that took the attempt up. The file's modification time is its heartbeat."""

    process: ProcessId
    time: float


class Progress(Struct, frozen=True, kw_only=True):
    """How far a living engine is: after `epoch` epochs of `stage`, `step` of `steps` steps, which took `seconds`."""

    epoch: Annotated[int, Meta(ge=0, le=MOST_EPOCHS)]
    step: Annotated[int, Meta(ge=0)]
    steps: Annotated[int, Meta(ge=1)]
    seconds: float
    stage: str = "train"


class Ended(Struct, frozen=True, kw_only=True):
    """How the attempt ended, in the engine's own words. `exit_code` is what it then exits with."""

    outcome: Literal["finished", "stopped", "failed", "out-of-memory"]
    exit_code: int
    time: float
    reason: str = ""


def write_spec(run: Path, spec: Spec, beside: SpecFile) -> None:
    """Put a run's spec.toml in place, whole; the settings in `beside` are passed over for `spec`.

    Raises:
        OSError: the folder cannot be written.
    """
    # TOML has no word for "unset": a weight that the objective has no use for is left out.
    run_table = {key: value for key, value in msgspec.to_builtins(spec).items() if value is not None}
    whole = msgspec.structs.replace(beside, run=run_table)
    publish(run / "spec.toml", tomli_w.dumps(msgspec.to_builtins(whole)).encode())


def read_spec(run: Path) -> tuple[Spec, SpecFile]:
    """A run's settings, and what stands beside them.

    Raises:
        UserError: spec.toml is missing or not as it must be.
    """
    path = run / "spec.toml"
    tree = read_toml(path)
    if isinstance(old := tree.pop("data_content", None), str) and old:
        tree["inputs"] = {"data": old}  # as files were written before a run could have a teacher
    file = check(tree, SpecFile, path, "")
    check_gap(file.gap, path)
    return check_spec(file.run, path), file


def check_gap(gap: Gap, where: object) -> None:
    """Whether the thresholds rise.

    Raises:
        UserError: they do not.
    """
    if not 0 < gap.watch <= gap.warn <= gap.critical <= 1:
        found = f"watch {gap.watch}, warn {gap.warn}, critical {gap.critical}"
        raise UserError(
            where, "gap", f"thresholds must rise from above 0 to 1, found {found}", "fractions, not percent"
        )


def publish(path: Path, content: bytes | Struct, *, exclusive: bool = False) -> None:
    """Write a file so that it is there whole or not at all, and survives a power cut once this returns.

    Raises:
        FileExistsError: `exclusive`, and somebody else's is already there.
        OSError: the disk is full or the folder cannot be written; nothing is left behind then.
    """
    data = content if isinstance(content, bytes) else msgspec.json.encode(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            # As any file one writes: mkstemp's own mode would hide a run from one's colleagues.
            os.fchmod(handle, 0o666 & ~_UMASK)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            os.link(aside, path)
        else:
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_json(path: Path, struct: type[T]) -> T | None:
    """The file's content; None when it is missing or unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=struct)
    except (OSError, msgspec.DecodeError):
        return None


def attempts(run: Path) -> list[Path]:
    """The folders of a run's attempts, first to last."""
    folder = run / "attempts"
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.name.isdecimal()]
    except OSError:
        return []
    return [folder / name for name in sorted(names, key=int)]


def claim(run: Path, after: list[Path]) -> Path:
    """Make the folder of the attempt after those `attempts` told of; whoever makes it, runs it.

    The order matters: list the attempts, then look whether the run is free, then claim. Whoever else did the
    same in between has made this very folder.

    Raises:
        FileExistsError: somebody else made it first.
        OSError: the folder cannot be written.
    """
    attempt = run / "attempts" / str(int(after[-1].name) + 1 if after else 1)
    try:
        attempt.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(f"{attempt.parent} is no folder") from error
    attempt.mkdir()
    return attempt
