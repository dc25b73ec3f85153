"""How many engines may work at once, and where: one run a GPU, or as many as the cores carry."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from engine.contract.process import allowed_cores
from engine.contract.spec import Spec


class Slot(Struct, frozen=True):
    """A place for one engine. `gpu` is what its CUDA_VISIBLE_DEVICES will be; None leaves the GPUs out."""

    number: int
    gpu: str | None = None


def slots(specs: Sequence[Spec]) -> list[Slot]:
    """The places for these runs: every visible GPU for those that may use one, else cores by threads a run.

    A run that asks for all cores (`threads = 0`) has the machine's processors to itself.
    """
    gpus = visible_gpus() if any(spec.device != "cpu" for spec in specs) else []
    if gpus:
        return [Slot(i, gpu) for i, gpu in enumerate(gpus)]
    threads = max(spec.threads or allowed_cores() for spec in specs)
    return [Slot(i) for i in range(max(1, allowed_cores() // threads))]


def visible_gpus() -> list[str]:
    """The GPUs this process may use, as CUDA_VISIBLE_DEVICES names them; all of the machine's when it is unset."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        names = [name.strip() for name in visible.split(",")]
        # As CUDA does: what follows a -1 is invisible.
        names = names[: names.index("-1")] if "-1" in names else names
        return [name for name in names if name]
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
        return [str(i) for i in range(pynvml.nvmlDeviceGetCount())]
    except (OSError, pynvml.NVMLError):
        return []
