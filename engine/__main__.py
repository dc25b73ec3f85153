"""`python -P -m engine RUN_DIR...`: train the runs in these folders, or go on with them.

Exit codes: 0 finished, 1 failed, 2 the input is wrong, 85 saved and left because it was asked to, 86 out of
memory. Several folders are trained one after the other.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path

# Must stand before CUDA starts: without it cuBLAS does not repeat to the bit.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

from engine.attempt import Heartbeat, end, take_up
from engine.contract.errors import UserError
from engine.contract.folder import EXIT_STOPPED, read_spec
from engine.contract.spec import Inputs, Spec
from engine.stopping import Stop

log = logging.getLogger("engine")
EXIT_OUT_OF_MEMORY = 86


def main(arguments: list[str]) -> int:
    """Train each folder in turn; the first that does not finish decides the exit code."""
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
    )
    stop = Stop()
    stop.listen()
    try:
        read = {path: read_spec(path) for path in folders(arguments)}
        specs = {path: spec for path, (spec, _) in read.items()}
        refuse_unequal(specs)
        worst = 0
        for path, spec in specs.items():
            if stop.signal_name:
                return worst or EXIT_STOPPED
            code = run_one(path, spec, read[path][1].inputs, stop)
            worst = worst or code
        return worst
    except UserError as error:
        log.error("error: %s", error)
        return 2


def folders(arguments: list[str]) -> list[Path]:
    """The run folders named.

    Raises:
        UserError: none is named, or one is not absolute: whoever started us may stand elsewhere.
    """
    if not arguments or arguments[0].startswith("-"):
        raise UserError("engine", "", "no run folder named", "python -P -m engine /absolute/run/folder...")
    for argument in arguments:
        if not Path(argument).is_absolute():
            raise UserError(argument, "", "not an absolute path", "name the run's folder from the root on")
    return [Path(argument) for argument in arguments]


def refuse_unequal(specs: dict[Path, Spec]) -> None:
    """Runs of one process share its switches; deterministic ones share nothing.

    Raises:
        UserError: these runs cannot go together.
    """
    if len(specs) > 1 and any(spec.deterministic for spec in specs.values()):
        raise UserError(
            "engine",
            "run.deterministic",
            "a deterministic run shares its process with none",
            "start one at a time",
        )
    if len({(spec.threads, spec.device) for spec in specs.values()}) > 1:
        raise UserError("engine", "run.threads", "these runs differ in threads or device", "start them apart")


def run_one(path: Path, spec: Spec, inputs: Inputs, stop: Stop) -> int:
    """One attempt at one run, from its claim to its verdict; returns the exit code."""
    attempt = take_up(path)
    try:
        return _train(path, spec, inputs, attempt, stop)
    except UserError as error:
        log.error("error: %s", error)
        return end(attempt, "failed", 2, str(error))
    except Exception as error:
        traceback.print_exc()
        if out_of_memory(error):
            return end(attempt, "out-of-memory", EXIT_OUT_OF_MEMORY, first_line(error))
        return end(attempt, "failed", 1, f"{type(error).__name__}: {first_line(error)}")


def _train(path: Path, spec: Spec, inputs: Inputs, attempt: Path, stop: Stop) -> int:
    # Only here: importing torch takes seconds, and the claim above must not wait for it.
    from engine.contract.stream import RunFailed
    from engine.run import Run
    from engine.train import train

    run = Run(path, spec, inputs, attempt, stop)
    heartbeat = Heartbeat(attempt, lambda: run.progress)
    heartbeat.start()
    try:
        outcome = train(run)
    except Exception as error:
        run.append(RunFailed(reason=first_line(error)), durable=True)
        raise
    finally:
        heartbeat.stop()
        run.close()
    log.info("%s", f"{'stopped' if outcome.stopped else 'finished'} {outcome.reason}".rstrip())
    if outcome.stopped:
        return end(attempt, "stopped", EXIT_STOPPED, outcome.reason)
    return end(attempt, "finished", 0, outcome.reason)


def out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, the GPU's or the machine's."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or "can't allocate memory" in str(error)


def first_line(error: Exception) -> str:
    """An exception's message, short enough for a table."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
