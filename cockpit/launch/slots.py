"""Places for engines on this machine: GPUs by a stated number of runs each, else cores by the threads of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from cockpit.request import Backend, Request
from engine.contract.errors import UserError
from engine.contract.folder import Job
from engine.contract.process import allowed_cores
from engine.contract.spec import Spec

#: Shares of a GPU are fractions such as 1/3, whose sums are not exact.
_EPSILON = 1e-6


class Slot(Struct, frozen=True):
    """A place for one engine: a share of the GPU that its CUDA_VISIBLE_DEVICES will name, or cores and no GPU."""

    gpu: str | None = None
    gpu_share: float = 0.0
    threads: int = 0


def slot(request: Request, taken: Sequence[Slot | Job]) -> Slot | None:
    """A place for a run beside those that are taken; None while there is none.

    Of the GPUs the one with most room is given, so that runs spread before they share. A run on cores goes by
    what it asks for, and one that asks for more than there are has the cores to itself.
    """
    if request.gpus:
        share = 1 / request.per_gpu
        loads = {gpu: sum(other.gpu_share for other in taken if other.gpu == gpu) for gpu in request.gpus}
        gpu = min(loads, key=lambda name: (loads[name], request.gpus.index(name)))
        return Slot(gpu, share) if loads[gpu] + share <= 1 + _EPSILON else None
    cores = allowed_cores()
    threads = min(request.threads or cores, cores)
    used = sum(other.threads for other in taken if other.gpu is None)
    return Slot(threads=threads) if used + threads <= cores else None


def at_once(specs: Sequence[Spec], per_gpu: int = 1) -> int:
    """How many such runs this machine does at once when nothing else is at work."""
    gpus = visible_gpus() if any(spec.device != "cpu" for spec in specs) else []
    if gpus:
        return len(gpus) * per_gpu
    threads = max(min(spec.threads or allowed_cores(), allowed_cores()) for spec in specs)
    return allowed_cores() // threads


def check_device(specs: Sequence[Spec], backend: Backend) -> None:
    """See that this machine has what runs ask for that are to be trained on it.

    Raises:
        UserError: they ask for a GPU, and it has none; nothing was launched.
    """
    if backend == "local" and any(spec.device == "cuda" for spec in specs) and not visible_gpus():
        remedy = "set run.device = 'auto' or 'cpu', look at nvidia-smi, or launch with --backend slurm or pbs"
        raise UserError("run.device", "", "'cuda': no GPU is seen on this machine", remedy)


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
