"""What a job asks its cluster for: the user's table [backend.slurm] or [backend.pbs], checked."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from engine.contract.checked import check, shown
from engine.contract.errors import UserError

T = TypeVar("T", bound="Profile")


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What both schedulers know. An empty text and a 0 leave it to the cluster's own default."""

    account: Annotated[str, Meta(description="the account that is charged")] = ""
    time: Annotated[
        str,
        Meta(description="the time limit, [days-]hours:minutes:seconds", pattern=r"^((\d+-)?\d+:[0-5]\d:[0-5]\d)?$"),
    ] = ""
    gpus: Annotated[int, Meta(description="how many GPUs a run has to itself", ge=0)] = 1
    cpus: Annotated[int, Meta(description="how many processors a run has", ge=0)] = 0
    memory: Annotated[
        str, Meta(description="a run's memory, a number and K, M, G or T, as in 16G", pattern=r"^(\d+[KMGT])?$")
    ] = ""
    modules: Annotated[tuple[str, ...], Meta(description="what `module load` is to load first, a list")] = ()
    python: Annotated[str, Meta(description="the absolute path of the interpreter on the cluster's nodes")] = (
        sys.executable
    )
    options: Annotated[tuple[str, ...], Meta(description="further arguments of the submit command, a list")] = ()
    grace: Annotated[
        int, Meta(description="how long before the time limit a run saves and leaves, in seconds", ge=0, le=65535)
    ] = 120

    @property
    def seconds(self) -> int:
        """The time limit; 0 where it is the cluster's."""
        if not self.time:
            return 0
        days, _, clock = self.time.rpartition("-")
        hours, minutes, seconds = map(int, clock.split(":"))
        return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


class SlurmProfile(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only Slurm knows."""

    partition: Annotated[str, Meta(description="the partition that jobs go to")] = ""
    shards: Annotated[int, Meta(description="how many shards of a GPU a run has; 0 for whole GPUs", ge=0)] = 0
    throttle: Annotated[int, Meta(description="how many runs of one job may run at once; 0 for any", ge=0)] = 0


class PbsProfile(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only PBS knows."""

    queue: Annotated[str, Meta(description="the queue that jobs go to")] = ""


def read_profile(table: object, struct: type[T], where: object, prefix: str) -> T:
    """A profile from the table `prefix` of the file `where`.

    Raises:
        UserError: an unknown key, a value that is not as it must be, or one with a control character.
    """
    profile = check(table, struct, where, prefix)
    for key in struct.__struct_fields__:
        value = getattr(profile, key)
        for text in value if isinstance(value, tuple) else (value,):
            refuse_control(str(text), where, f"{prefix}.{key}")
    if not Path(profile.python).is_absolute():
        problem = f"{shown(profile.python)} is no absolute path"
        raise UserError(where, f"{prefix}.python", problem, "name it from the root on")
    if profile.time and profile.grace >= profile.seconds:
        problem = f"the limit of {profile.time} leaves no time to train before the grace of {profile.grace} s"
        raise UserError(where, f"{prefix}.time", problem, "raise time, or lower grace")
    return profile


def refuse_control(text: str, where: object, key: str) -> None:
    """See that no newline or other control character gets into a job's script or arguments.

    Raises:
        UserError: one would.
    """
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text):
        raise UserError(where, key, f"{text!r} holds a control character", "take it out")
