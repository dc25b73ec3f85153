"""Every preset from end to end on a CPU: `python benchmarks/rehearsal.py [--runs DIR] [PRESET...]`.

Each preset's own file, cut: CIFAR-100 alone, one epoch of 500 of its training images, one seed, small networks in
the places of large ones; everything else as it stands. Each goes through `cockpit run --headless`, and a line a
preset says how many of its runs finished and how long it took. CIFAR-100 must be at hand (cockpit data list).
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from cockpit.grid import flat
from cockpit.plan import plan
from cockpit.presets import shipped
from cockpit.runs import RunsFolder

HERE = Path(__file__).resolve().parent
#: 50,000 / 100 = 500 images.
SHARDS = 100
#: Who stands in for whom: a smaller one of the same family by name, or one of stand_ins.py. All differ.
SMALL = {
    "resnet20": "resnet8",
    "resnet32": "resnet14",
    "resnet56": "resnet20",
    "resnet112": "resnet32",
    "wideresnet40_2": "wideresnet16_1",
    "wideresnet28_10": "wideresnet10_1",
    # timm's own, whose ImageNet stem leaves 8x8 of a 32x32 image, is quick enough; with a small stem it is not.
    "timm_resnet18_cifar": "timm:resnet10t",
} | {
    name: f"stand_ins:{name}"
    for name in (
        "resnet18",
        "resnet34",
        "resnet50",
        "preact_resnet18",
        "resnext29_8x64d",
        "resnext29_16x64d",
        "preact_resnext29_8x64d",
        "densenet121",
        "densenet169",
        "densenet201",
        "efficient_densenet",
    )
}
CUT = {
    "data": "cifar100",
    "epochs": 1,
    "shards": SHARDS,
    "shard_kind": "iid",
    "pretrain_epochs": 1,
    "clean_train_images": 500,
    "device": "cpu",
    "threads": 1,
}


def main() -> int:
    """Rehearse the presets named, or all that ship; 1 when a run did not finish."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs/rehearsal"))
    parser.add_argument("presets", nargs="*", default=sorted(path.stem for path in shipped().glob("[!q]*.toml")))
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    return max([rehearse(name, asked.runs.absolute()) for name in asked.presets], default=0)


def rehearse(name: str, root: Path) -> int:
    """One preset, cut and run; its line goes to standard output, what its runs say to <root>/<name>.txt."""
    path = root / "presets" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps(cut(tomllib.loads((shipped() / f"{name}.toml").read_text("utf-8")))))
    command = [sys.executable, "-P", "-m", "cockpit.cli", "run", str(path), "--headless", "--runs", str(root)]
    began = time.perf_counter()
    with (root / f"{name}.txt").open("w") as log:
        code = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONPATH": str(HERE)}, check=False
        ).returncode
    seconds = time.perf_counter() - began
    runs = RunsFolder(root, name).poll()
    finished = [run for run in runs if run.status.word == "finished"]
    accuracies = [run.last.test_acc or 0.0 for run in finished if run.last]
    told = f"test {min(accuracies):.2%} to {max(accuracies):.2%}" if accuracies else "no figures"
    whole = len(plan(name, needs_data=False).runs)
    print(
        f"{name:<24}{len(finished)} of {len(runs)} runs finished (uncut: {whole}), {seconds:.0f} s, {told}",
        flush=True,
    )
    return code


def cut(preset: dict[str, Any]) -> dict[str, Any]:
    """A preset's tables, made small. What was published of it is left out: these are other runs."""
    grid = preset.get("grid", {})
    axes = grid.get("run", {})
    axes.pop("data", None)
    if "seed" in axes:
        axes["seed"] = axes["seed"][:1]
    for name, cases in _case_axes(grid).items():
        grid[name] = {k: case for k, case in cases.items() if case.get("data", CUT["data"]) == CUT["data"]}
    # A skip speaks of points; those of data sets and seeds that are cut away speak of none.
    grid["skip"] = [
        skip for skip in grid.get("skip", []) if not {"data", "run.data", "run.seed"} & set(dict(flat(skip)))
    ]
    for table in (preset["run"], axes, *(case for axis in _case_axes(grid).values() for case in axis.values())):
        if "model" in table:
            table["model"] = _small(table["model"])
        for key in set(CUT) & set(table):
            if key != "shards":
                table.pop(key)
    preset["run"] |= CUT
    preset.pop("reference", None)
    preset["grid"] = grid
    return preset


def _case_axes(grid: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: axis for name, axis in grid.items() if name not in ("run", "skip")}


def _small(model: str | list[str]) -> str | list[str]:
    return SMALL.get(model, model) if isinstance(model, str) else [SMALL.get(name, name) for name in model]


if __name__ == "__main__":
    sys.exit(main())
