"""`cockpit matrix`: what it prints, and what it says of mistakes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cockpit.launch.prepare import prepare
from cockpit.plan import plan
from engine.contract.folder import Ended, publish
from engine.contract.stream import Epoch, RunFinished, Writer

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parents[1]))
from typed import typed


@pytest.fixture
def cockpit(monkeypatch, capsys, root):
    """The command as it is typed, on three finished runs of a sweep and five that are only asked for."""
    for number, path in enumerate(prepare(plan("sweep-resnet18", needs_data=False), root)[:3]):
        writer = Writer(path / "metrics.jsonl", 1)
        writer.append(Epoch(epoch=100, test_acc=0.5 + number / 10))
        writer.append(RunFinished(epoch=100))
        writer.close()
        publish(path / "attempts" / "1" / "ended.json", Ended(outcome="finished", exit_code=0, time=1.0))
    return lambda *arguments: typed(monkeypatch, capsys, "matrix", *arguments, "--runs", str(root))


def test_the_table(cockpit):
    lines = cockpit("sweep-resnet18").stdout.splitlines()
    assert lines[0].split() == ["model", "basic", "advanced"]
    assert lines[1].split() == ["timm_resnet18", "55.00", "70.00"]
    assert lines[2].split() == ["2", "1", "of", "2,", "queued"]
    assert lines[-1].startswith("last test accuracy, %; averaged over optimizer (sgd, ")
    assert lines[-1].endswith("differences are to timm_resnet18; 8 runs, 3 finished")


def test_json_and_markdown(cockpit):
    told = json.loads(
        cockpit("sweep-resnet18", "--json", "--rows", "optimizer", "--at", "model=timm_resnet18").stdout
    )
    cells = {(cell["row"], cell["col"]): cell for cell in told["cells"]}
    assert told["at"] == {"model": "timm_resnet18"} and cells["adamw", "basic"]["mean"] == 0.6
    assert cells["adamw", "advanced"]["state"] == "queued" and len(cells["adamw", "advanced"]["runs"]) == 1
    assert "| timm_resnet18 | 55.00 (2) | 70.00 (1 of 2, queued) |" in cockpit("sweep-resnet18", "--markdown").stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["swep-resnet18"], "did you mean 'sweep-resnet18'?"),
        (["sweep-resnet18", "--rows", "optimiser"], "did you mean 'optimizer'?"),
        (["sweep-resnet18", "--metric", "lst"], "did you mean 'last'?"),
        (["sweep-resnet18", "--at", "optimizer=sdg"], "did you mean 'sgd'?"),
        (["sweep-resnet18", "--at", "optimizer"], "not of the form AXIS=VALUE"),
        (["sweep-resnet18", "--rows", "model", "--cols", "model"], "the rows are of it already"),
        (["sweep-resnet18", "--rows", "model", "--at", "model=timm_resnet18"], "the table goes over it already"),
        (["sweep-resnet18", "--json", "--markdown"], "ask for two forms"),
    ],
)
def test_mistakes(cockpit, arguments, problem):
    came = cockpit(*arguments)
    assert came.returncode == 2 and problem in came.stderr
