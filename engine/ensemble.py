"""`python -P -m engine.ensemble`: what the networks of several runs score together on their test set.

Reads Experts as JSON from standard input, a set a line, and writes Together to standard output, a line for each.
The ensemble's answer is the class of the highest mean probability.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import torch
from msgspec.structs import replace

from engine.contract.errors import UserError
from engine.contract.experts import Experts, Together
from engine.contract.folder import read_spec
from engine.data.batches import Data
from engine.data.cache import load
from engine.device import prepare
from engine.measure import measure
from engine.trained import load_trained


def main() -> int:
    """Answer every line; 0 whatever was found."""
    for line in sys.stdin.buffer:
        experts = msgspec.json.decode(line, type=Experts)
        try:
            answer = together(experts)
        except UserError as error:
            answer = Together(problem=error.problem)
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def together(experts: Experts) -> Together:
    """The figures of one set of runs, all on the test set of the first one's data.

    Raises:
        UserError: a run has not finished, its checkpoint is damaged, or they were not trained on the same data.
    """
    paths = [Path(run) for run in experts.runs]
    held = [read_spec(path) for path in paths]
    if len({(spec.data, file.inputs.data) for spec, file in held}) > 1:
        problem = f"trained on different data: {', '.join(sorted({spec.data for spec, _ in held}))}"
        raise UserError(paths[0].parent, "run.data", problem, "ask runs of one data set together")
    spec, file = held[0]
    # The whole data set: which shard an expert saw changes nothing about the test set.
    data = Data(load(spec.data, file.inputs.data), replace(spec, shards=1, shard_index=0), prepare(spec))
    networks = [load_trained(p, f"{p.parent.name}/{p.name}", experts.role, data, "run") for p in paths]
    with torch.inference_mode():
        found = measure([trained.network for trained in networks], data, data.test)
    return Together(tuple(accuracy for accuracy, _ in found.each), found.ensemble_acc, found.agreement)


if __name__ == "__main__":
    sys.exit(main())
