"""How runs learn, in words: their objective, who teaches them, their networks, and what was published of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from cockpit.epochs import record_at
from cockpit.expand import Planned
from cockpit.insight import wording
from cockpit.insight.format import counted, percent
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.widgets.columns import unhashed
from engine.contract.cleaning import clean
from engine.contract.reference import Figures
from engine.contract.spec import Spec

#: Where the text begins, behind the names of what it says.
TEXT = 13
#: So many names are told; what more there are is counted.
MOST = 6
MOST_TEACHERS = 3


def _pair(name: str, text: str, style: str = "") -> Line:
    return ((f" {name:<{TEXT - 1}}", "dim"), (clean(text), style))


def teacher(spec: Spec, group: str) -> str:
    """The run that teaches another: its label, after its group where that is another."""
    parts = PurePath(spec.teacher).parts[-2:]
    label = unhashed(parts[-1]) if parts else ""
    return label if len(parts) < 2 or parts[0] == group else f"{parts[0]}/{label}"


def weights(spec: Spec) -> str:
    """What the loss is made of, as in `ce 0.1, kd 0.9`; empty where the objective has no weights."""
    parts = {"ce": spec.ce_weight, "kd": spec.kd_weight, "feature": spec.feature_weight}
    return ", ".join(f"{name} {value:g}" for name, value in parts.items() if value)


def title(spec: Spec) -> Line:
    """The objective."""
    return (("objective  ", "title"), (spec.objective, ""))


def _how(spec: Spec, group: str, taught: float | None = None) -> list[Line]:
    """Who teaches, what that one's network scores where it is known, and the parts of the loss."""
    lines = [_pair("teacher", teacher(spec, group))] if spec.teacher else []
    lines += [_pair("its test", percent(taught))] if spec.teacher and taught is not None else []
    lines += [_pair("weights", told)] if (told := weights(spec)) else []
    lines += [_pair("temperature", f"{spec.temperature:g}")] if spec.kd_weight and spec.temperature else []
    lines += [_pair("paraphraser", f"{counted(spec.pretrain_epochs, 'epoch')} before")] * (
        spec.objective == "factor_transfer"
    )
    return lines


def lines(run: Snapshot, at: int) -> list[Line]:
    """A run's networks, what they reached in an epoch, together and each; its teacher and weights, its figures."""
    if run.spec is None:
        return []
    told = [_pair("networks", wording.networks(run.spec))] if run.spec.nodes > 1 else []
    record = record_at(run.epochs, at)
    extra = record.extra if record else {}
    for name, key in (("ensemble", "ensemble_acc"), ("agreement", "agreement")):
        if key in extra:
            told.append(_pair(name, percent(extra[key])))
    told += _how(run.spec, run.group, run.started.teacher_test_acc if run.started else None)
    if run.file and published(run.file.reference):
        told.append(_pair("published", published_in_full(run.file.reference)))
    return told


def facts(specs: Sequence[Spec]) -> str:
    """How many runs, of which data, networks and lengths, in one line."""
    data = dict.fromkeys(spec.data for spec in specs)
    lengths = dict.fromkeys(str(spec.epochs) for spec in specs)
    told = counted(len(specs), "run"), _some(list(data)), _some(networks(specs)), f"{_some(list(lengths))} epochs"
    return " · ".join(told)


def networks(specs: Sequence[Spec]) -> list[str]:
    """The kinds of networks, with how many of them a run has where it has several: `1 to 7 x resnet32`."""
    numbers: dict[str, set[int]] = {}
    for spec in specs:
        alike = len(set(spec.models)) == 1
        numbers.setdefault(spec.models[0] if alike else wording.networks(spec), set()).add(spec.nodes if alike else 1)
    return [name if found == {1} else f"{_range(sorted(found))} x {name}" for name, found in numbers.items()]


def _range(numbers: Sequence[int]) -> str:
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return " or ".join(map(str, numbers))


def _some(names: Sequence[str], most: int = MOST) -> str:
    return ", ".join(names[:most]) + (
        f" and {len(names) - most} more" if len(names) > most + 1 else "".join(f", {name}" for name in names[most:])
    )


def teaching(runs: Sequence[Planned]) -> list[str]:
    """Who teaches whom, by the teachers' labels and the students' objectives; none where nobody teaches."""
    known = {run.name: run for run in runs}
    taught: dict[str, dict[str, None]] = {}
    by_seed = True
    for run in runs:
        if not run.spec.teacher:
            continue
        master = known.get(run.teacher)
        named = master.unseeded if master else f"{teacher(run.spec, run.group)} (there already)"
        taught.setdefault(named, {})[run.spec.objective] = None
        by_seed = by_seed and master is not None and master.spec.seed == run.spec.seed
    alike: dict[tuple[str, ...], list[str]] = {}
    for named, objectives in taught.items():
        alike.setdefault(tuple(objectives), []).append(named)
    told = [
        f"{_some(names, MOST_TEACHERS)} {'teach' if len(names) > 1 else 'teaches'} {', '.join(objectives)}"
        for objectives, names in alike.items()
    ]
    if told and by_seed:
        told[-1] += " (each its own seed)"
    mutual = any(run.spec.objective == "mutual" for run in runs)
    told += ["mutual: the networks of a run teach one another"] if mutual else []
    alone = any(run.spec.objective == "supervised" and run.name not in {r.teacher for r in runs} for run in runs)
    return [*told, "beside them runs that learn alone"] if told and alone else told


def planned(run: Planned) -> list[Line]:
    """One run of a preset: its networks, how it learns, and what was published of it."""
    told = [_pair("networks", wording.networks(run.spec)), _pair("objective", run.spec.objective)]
    told += _how(run.spec, run.group)
    figures = run.reference
    if published(figures) or figures.note:
        hoped = published(Figures(expected=figures.expected)) if figures.test_acc is not None else ""
        said = [published_in_full(figures), f"hoped for {hoped.rstrip('?')}" if hoped else ""]
        said += [f"from {figures.source}" if figures.source else "", figures.note]
        told.append(_pair("published", "; ".join(" ".join(text.split()) for text in said if text)))
    return told


def published_in_full(figures: Figures) -> str:
    """Every published test accuracy: `69.64, ★ 72.98 at 99`."""
    told = published(figures)
    if figures.test_acc is None or figures.best_test_acc is None:
        return told
    at = f" at {figures.best_epoch}" if figures.best_epoch else ""
    return f"{told}, ★ {percent(figures.best_test_acc)}{at}"


def published(figures: Figures) -> str:
    """The published test accuracy in few cells: `72.12`; `★ 92.54`, the best of any epoch; `86-89?`, hoped for."""
    if figures.test_acc is not None:
        return percent(figures.test_acc)
    if figures.best_test_acc is not None:
        return f"★ {percent(figures.best_test_acc)}"
    if figures.expected is not None:
        low, high = figures.expected
        return f"{low * 100:g}-{high * 100:g}?"
    return ""
