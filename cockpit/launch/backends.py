"""The schedulers by name, each with the profile that the user's configuration gives it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cockpit.config import Config, config
from cockpit.launch.executor import Executor
from cockpit.launch.pbs import Pbs
from cockpit.launch.profile import PbsProfile, SlurmProfile, read_profile
from cockpit.launch.slots import at_once
from cockpit.launch.slurm import Slurm
from engine.contract.spec import Spec


def executor(backend: str) -> Executor:
    """The scheduler of this name.

    Raises:
        UserError: its table in the configuration is not as it must be.
    """
    path, held = config()
    if backend == "slurm":
        return Slurm(_slurm(path, held))
    return Pbs(read_profile(held.backend.get("pbs", {}), PbsProfile, path, "backend.pbs"))


def together(specs: Sequence[Spec], backend: str, per_gpu: int) -> int | None:
    """How many of these runs are done at once when nothing else is at work; None where the scheduler decides.

    Raises:
        UserError: the scheduler's table in the configuration is not as it must be.
    """
    if backend == "local":
        return min(at_once(specs, per_gpu), len(specs))
    throttle = _slurm(*config()).throttle if backend == "slurm" else 0
    return min(throttle, len(specs)) or None


def _slurm(path: Path, held: Config) -> SlurmProfile:
    return read_profile(held.backend.get("slurm", {}), SlurmProfile, path, "backend.slurm")
