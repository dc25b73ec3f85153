"""The optimisers are torch's to the bit, and leave its compiler unloaded."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from engine.contract.spec import Spec
from engine.optimizers import optimizer_of

SETTINGS = {"lr": 0.1, "weight_decay": 0.01}
THEIRS = {
    "sgd": lambda groups: torch.optim.SGD(groups, **SETTINGS, momentum=0.9, nesterov=True),
    "adamw": lambda groups: torch.optim.AdamW(groups, **SETTINGS),
}


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3))


def learn(network: torch.nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
    for number in steps:
        images = torch.randn(8, 5, generator=torch.Generator().manual_seed(number))
        optimizer.zero_grad(set_to_none=True)
        network(images).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("name", THEIRS)
def test_they_move_weights_as_torchs_own_do_and_go_on_from_their_state(name: str) -> None:
    ours, theirs = network(), network()
    spec = Spec(
        data="digits", model="resnet8", epochs=1, optimizer=name, nesterov=name == "sgd", decay_norms=True, **SETTINGS
    )
    optimizer = optimizer_of([ours], spec)
    its = THEIRS[name]([{"params": list(theirs.parameters()), "decays": True}])
    learn(ours, optimizer, range(3))
    learn(theirs, its, range(3))
    assert str(optimizer.state_dict()) == str(its.state_dict())
    resumed = optimizer_of([ours], spec)
    resumed.load_state_dict(copy.deepcopy(its.state_dict()))
    learn(ours, resumed, range(3, 6))
    learn(theirs, its, range(3, 6))
    for mine, yours in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, yours)


LOOK = """
import sys
from engine.__main__ import main
code = main(sys.argv[1:])
loaded = {"torch._dynamo", "torch._inductor"} & set(sys.modules)
sys.exit(f"loaded: {loaded}" if loaded else code)
"""


def test_an_engine_trains_without_loading_torchs_compiler(make_runs: Callable[..., list[Path]]) -> None:
    run = make_runs("run.epochs=1", "run.phases=[]", only="mixup0.2-seed0*")[0]
    done = subprocess.run([sys.executable, "-c", LOOK, str(run)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
