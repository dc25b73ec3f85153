"""The device a run trains on, the switches that hold for its whole process, and what makes a resume exact."""

from __future__ import annotations

import platform
import resource
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.contract.errors import UserError
from engine.contract.process import allowed_cores
from engine.contract.spec import Spec, identity

if TYPE_CHECKING:
    from engine.trained import Trained


def prepare(spec: Spec) -> torch.device:
    """Set the process up as the settings say, and name the device.

    Raises:
        UserError: a GPU is asked for and there is none.
    """
    torch.set_num_threads(spec.threads or allowed_cores())
    # Not use_deterministic_algorithms: that loads torch's compiler, which takes seconds and is not used.
    torch.set_deterministic_debug_mode("error" if spec.deterministic else "default")
    torch.backends.cudnn.benchmark = not spec.deterministic
    if spec.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(spec.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        remedy = "set device = 'auto' or 'cpu', or look at nvidia-smi"
        raise UserError("spec.toml", "run.device", "'cuda': torch sees no GPU", remedy)
    return device


def describe(device: torch.device) -> str:
    """The device's name, for people."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU {platform.machine()}"


def peak_memory(device: torch.device) -> float:
    """The most memory this process has held so far, in bytes: the GPU's, or on a CPU the machine's."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def environment(spec: Spec, device: torch.device, teacher: Trained | None = None) -> dict[str, str]:
    """What must be equal for a resumed run to repeat an uninterrupted one to the bit."""
    taught = {"teacher": teacher.sha256[:12]} if teacher else {}
    return taught | {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "device": describe(device),
        "threads": str(torch.get_num_threads()),
        "settings": identity(spec)[:12],
    }
