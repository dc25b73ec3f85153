"""`python -P -m engine.probe`: everything that would make one of some runs fail, found without training.

Reads a Question as JSON from standard input and writes Findings, a JSON object a line, to standard output.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import torch

from engine.checkpoint import KEPT
from engine.contract.dataset import PREPARABLE, available, how_to_bring
from engine.contract.errors import UserError
from engine.contract.finding import Finding, Question
from engine.contract.folder import Ended, Started, attempts, read_json, read_spec
from engine.contract.process import alive
from engine.contract.spec import Spec, check_spec
from engine.data import cache, prepare
from engine.footprint import Footprint, footprint
from engine.trained import checkpoint_of

GIB = 2**30


def main() -> int:
    """Answer one question; 0 whatever was found."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    specs = {name: check_spec(table, name) for name, table in question.runs.items()}
    for finding in look(specs, Path(question.root)):
        sys.stdout.buffer.write(msgspec.json.encode(finding) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def look(specs: dict[str, Spec], root: Path) -> Iterator[Finding]:
    """Every finding about these runs, data first."""
    sound = []
    for name in sorted({spec.data for spec in specs.values()}):
        finding = data_finding(name)
        sound += [name] if finding.level == "ok" else []
        yield finding
    yield from device_findings(specs)
    yield from teacher_findings(specs, root)
    prints: dict[str, Footprint] = {}
    failed: dict[tuple[str, str], list[str]] = {}
    for name, spec in specs.items():
        if spec.data in sound:
            teacher = teacher_model(specs, spec, root)
            try:
                prints[name] = footprint(spec, teacher)
            except UserError as error:
                subject = f"network {' + '.join(spec.models)}" + (f" with the teacher {teacher}" if teacher else "")
                failed.setdefault((error.problem, error.remedy), []).append(subject)
    for (problem, remedy), subjects in failed.items():
        # A module that is missing is one fault, however many runs need it.
        times = f" ({len(subjects)} runs)" if len(subjects) > 1 else ""
        yield Finding("fault", subjects[0], f"{problem}{times}", remedy)
    if prints:
        yield memory_finding(specs, prints)
        yield disk_finding(specs, prints, root)


def data_finding(name: str) -> Finding:
    """Whether a data set is at hand, and every file's content is what its manifest says."""
    subject = f"data set {name}"
    if name in available():
        try:
            cache.verify(name)
        except UserError as error:
            return Finding("fault", subject, error.problem, error.remedy)
        return Finding("ok", subject, "at hand, content verified")
    remedy = how_to_bring(name)
    if name in PREPARABLE:
        try:
            prepare.check_needs(prepare.SOURCES[name])
        except UserError as error:
            return Finding("fault", subject, f"not at hand, and {error.problem}", error.remedy)
    return Finding("fault", subject, "not at hand", remedy)


def teacher_findings(specs: dict[str, Spec], root: Path) -> Iterator[Finding]:
    """Whether every network that teaches can be had: its checkpoint read whole, or its run is one of these."""
    for name, role in sorted({(spec.teacher, spec.teacher_checkpoint) for spec in specs.values() if spec.teacher}):
        subject = f"teacher {name}"
        try:
            _, _, manifest = checkpoint_of(root / name, name, role)
            yield Finding("ok", subject, f"its {role} checkpoint, of epoch {manifest.epoch}, is whole")
        except UserError as error:
            tried = attempts(root / name)
            ended = read_json(tried[-1] / "ended.json", Ended) if tried else None
            started = read_json(tried[-1] / "started.json", Started) if tried and not ended else None
            if name not in specs and started and alive(started.process) is not False:
                yield Finding("ok", subject, "is at work, and its students wait for it")
            elif name in specs and not (ended and ended.outcome == "finished"):
                yield Finding("ok", subject, "is one of these runs, and trained before its students")
            else:
                yield Finding("fault", subject, error.problem, error.remedy)


def teacher_model(specs: dict[str, Spec], spec: Spec, root: Path) -> str | None:
    """The model's name of the network that teaches, as far as it can be told."""
    if not spec.teacher:
        return None
    if spec.teacher in specs:
        return specs[spec.teacher].models[0]
    try:
        return read_spec(root / spec.teacher)[0].models[0]
    except UserError:
        return None


def device_findings(specs: dict[str, Spec]) -> Iterator[Finding]:
    """Whether the GPUs that the runs name are there."""
    count = torch.cuda.device_count()
    for wanted in sorted({spec.device for spec in specs.values()}):
        if wanted == "cuda" and not count:
            remedy = "set run.device = 'auto' or 'cpu', or look at nvidia-smi"
            yield Finding("fault", "device", "cuda is asked for and torch sees no GPU", remedy)
        elif wanted == "cuda":
            yield Finding("ok", "device", torch.cuda.get_device_name(0))
        elif wanted == "auto":
            if count:
                yield Finding("ok", "device", torch.cuda.get_device_name(0))
            else:
                words = "torch sees no GPU: the runs will train on the CPU"
                yield Finding("warning", "device", words, "look at nvidia-smi, or set run.device = 'cpu'")


def memory_finding(specs: dict[str, Spec], prints: dict[str, Footprint]) -> Finding:
    """Whether the largest run fits into the memory it will train in."""
    largest = max(prints, key=lambda name: prints[name].memory)
    on_gpu = specs[largest].device != "cpu" and torch.cuda.is_available()
    free = torch.cuda.mem_get_info()[0] if on_gpu else _free_memory()
    place = "GPU" if on_gpu else "main"
    need = prints[largest].memory
    needed = f"{need / GIB:.1f} GiB" if need >= GIB else f"{need / GIB * 1024:.0f} MiB"
    words = f"{largest} needs about {needed} beside the process itself"
    words += f", {free / GIB:.1f} GiB of {place} memory are free"
    if need > free:
        return Finding("fault", "memory", words, "set a smaller run.batch_size, or run.accumulation above 1")
    return Finding("ok", "memory", words)


def _free_memory() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def disk_finding(specs: dict[str, Spec], prints: dict[str, Footprint], root: Path) -> Finding:
    """Whether all checkpoints that the runs will keep fit on the disk of the runs folder."""
    # One more than is kept: a new checkpoint is written before an old one goes.
    need = sum(p.checkpoint * (KEPT + 2 + len(specs[name].checkpoint_epochs)) for name, p in prints.items())
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    words = f"checkpoints need up to {need / GIB:.1f} GiB, {free / GIB:.1f} GiB are free in {there}"
    if need > free:
        return Finding("fault", "disk", words, "make room, or put the runs elsewhere with --runs DIR")
    return Finding("ok", "disk", words)


if __name__ == "__main__":
    sys.exit(main())
