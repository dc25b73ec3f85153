"""What planned runs will take, told from what earlier runs took: pure functions of specs and snapshots."""

from __future__ import annotations

import math
import statistics
from collections.abc import Hashable, Sequence
from pathlib import Path

from msgspec import Struct

from cockpit.epochs import column
from cockpit.snapshot import Snapshot
from engine.contract.spec import Spec

#: What an epoch's record calls the most memory that was held, bytes: the GPU's, or on a CPU the machine's.
PEAK_MEMORY = "peak_memory"


class Cost(Struct, frozen=True, kw_only=True):
    """What one planned run will take; None where no run like it has been measured.

    `close` says that the runs it is told from also train by the same method, precision and device.
    """

    seconds: float | None = None
    memory: float | None = None
    close: bool = False


class Estimate(Struct, frozen=True, kw_only=True):
    """What planned runs will take, one by one in their order, and from how many earlier runs that is told."""

    costs: tuple[Cost, ...]
    sources: int

    @property
    def seconds(self) -> list[float]:
        """The time of each run that an earlier one is like."""
        return [cost.seconds for cost in self.costs if cost.seconds is not None]

    @property
    def memory(self) -> list[float]:
        """The most memory of each run that an earlier one is like, bytes."""
        return [cost.memory for cost in self.costs if cost.memory is not None]

    @property
    def rough(self) -> bool:
        """Whether any of it is told from runs that train by another method, precision or device."""
        return any(not cost.close for cost in self.costs if cost.seconds is not None)


def estimate(planned: Sequence[Spec], snapshots: Sequence[Snapshot]) -> Estimate:
    """Time and memory of planned runs, from earlier ones with the same networks, data set and batch size.

    Those that also agree in method, precision and device are asked first. The time is the median of their
    seconds an epoch, times the epochs planned, and of what comes before the first epoch the same; the memory is
    the most that any of them held.
    """
    wanted = {_far(spec) for spec in planned}
    alike: dict[Hashable, list[_Taken]] = {}
    for run in snapshots:
        # What was published was measured on another machine.
        if run.spec and not run.published and _far(run.spec) in wanted and (paced := pace(run)) is not None:
            taken = _Taken(path=run.path, pace=paced, memory=peak_memory(run), before=run.before)
            for key in (_near(run.spec), _far(run.spec)):
                alike.setdefault(key, []).append(taken)
    # Runs that differ in nothing a cost is told from, as seeds do, have the same one.
    told: dict[Hashable, Cost] = {}
    costs, sources = [], set()
    for spec in planned:
        near = _near(spec)
        key = near, spec.epochs, spec.pretrain_epochs
        if key not in told:
            close = alike.get(near, [])
            earlier = close or alike.get(_far(spec), [])
            told[key] = _cost(spec, earlier, bool(close))
            sources |= {taken.path for taken in earlier}
        costs.append(told[key])
    return Estimate(costs=tuple(costs), sources=len(sources))


def pace(run: Snapshot) -> float | None:
    """The mean length of a run's epochs, seconds, measuring included; None before there is one."""
    spans = [s for s in column(run.epochs, "seconds") if s is not None and math.isfinite(s)]
    return sum(spans) / len(spans) if spans else None


def peak_memory(run: Snapshot) -> float | None:
    """The most memory that any epoch of a run held, bytes; None where none says."""
    held = [bytes_ for epochs in (run.epochs, *run.nodes.values()) for bytes_ in column(epochs, PEAK_MEMORY)]
    return max((bytes_ for bytes_ in held if bytes_ is not None and math.isfinite(bytes_)), default=None)


def learns_beforehand(spec: Spec) -> bool:
    """Whether something of a run is trained before its first epoch."""
    return spec.objective == "factor_transfer" and spec.pretrain_epochs > 0


def _far(spec: Spec) -> Hashable:
    return spec.models, spec.data, spec.batch_size, spec.shards, spec.holdout


def _near(spec: Spec) -> Hashable:
    cost = (spec.objective, spec.precision, spec.accumulation, spec.device, spec.threads)
    return _far(spec), cost


class _Taken(Struct, frozen=True, kw_only=True):
    """What one earlier run took."""

    path: Path
    pace: float
    memory: float | None
    before: tuple[float, ...]


def _cost(spec: Spec, earlier: Sequence[_Taken], close: bool) -> Cost:
    beforehand = [seconds for taken in earlier for seconds in taken.before] if learns_beforehand(spec) else []
    before = statistics.median(beforehand) * spec.pretrain_epochs if beforehand else 0.0
    return Cost(
        seconds=statistics.median(taken.pace for taken in earlier) * spec.epochs + before if earlier else None,
        memory=max((taken.memory for taken in earlier if taken.memory is not None), default=None),
        close=close,
    )
