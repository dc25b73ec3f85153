"""The schedulers by name, each with the profile that the user's configuration gives it."""

from __future__ import annotations

from cockpit.config import config
from cockpit.launch.executor import Executor
from cockpit.launch.pbs import Pbs
from cockpit.launch.profile import PbsProfile, SlurmProfile, read_profile
from cockpit.launch.slurm import Slurm


def executor(backend: str) -> Executor:
    """The scheduler of this name.

    Raises:
        UserError: its table in the configuration is not as it must be.
    """
    path, held = config()
    table, prefix = held.backend.get(backend, {}), f"backend.{backend}"
    if backend == "slurm":
        return Slurm(read_profile(table, SlurmProfile, path, prefix))
    return Pbs(read_profile(table, PbsProfile, path, prefix))
