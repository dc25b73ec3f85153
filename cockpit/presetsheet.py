"""`cockpit presets show NAME`: what a preset is, the runs it stands for, and what they will take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cockpit.console import print_table, stdout_console
from cockpit.expand import Planned
from cockpit.insight import outlook, wording
from cockpit.insight.estimate import Estimate, estimate
from cockpit.insight.format import counted, memory, percent
from cockpit.insight.sketch import rates
from cockpit.launch.slots import at_once
from cockpit.plan import Plan, missing, plan
from cockpit.presetcheck import doubts
from cockpit.runs import RunsFolder
from cockpit.sizes import sizes
from engine.contract.cleaning import clean
from engine.contract.reference import Figures
from engine.contract.spec import Spec

#: So many ways of one thing are told; what more there are is counted.
MOST_WAYS = 6
MOST_STUDENTS = 12
#: A line of the sheet: text, or names and what is said of each.
Line = str | dict[str, str]
#: The widest label, and the space after it.
LABEL = len("learning rate") + 2


def show(preset: str, root: Path) -> None:
    """Print everything a preset says and stands for; its data sets need not be at hand.

    Raises:
        UserError: something is wrong with it.
    """
    made = plan(preset, needs_data=False, root=root)
    console = stdout_console()
    console.print(Text.assemble((clean(made.name), "bold"), f"  {made.preset.kind}"), soft_wrap=True)
    console.print(Text(made.preset.title))
    about = _flowing(made.preset.description)
    console.print(Text(f"\n{about}\n" if about else ""))
    sheet = Table.grid(padding=(0, 2, 0, 0))
    sheet.add_column(no_wrap=True, style="dim")
    sheet.add_column(overflow="fold")
    costs = estimate([run.spec for run in made.runs], RunsFolder(root).poll())
    for label, lines in _rows(made, costs, console):
        for i, line in enumerate(lines):
            sheet.add_row("" if i else label, _pairs(line) if isinstance(line, dict) else Text(clean(line)))
    print_table(console, sheet)
    if not costs.memory:
        # Last, for the engine takes its time; all else is there to be read meanwhile.
        console.print(Text(clean(estimated(made))), soft_wrap=True)


def estimated(made: Plan) -> str:
    """What the runs will hold, told without a run like them: the largest, and the largest checkpoint."""
    found = sizes(made.runs)
    if not found:
        return "memory cannot be estimated here: cockpit doctor says why"
    largest, size = max(found, key=lambda each: each[1].memory)
    what = f"{' + '.join(largest.spec.models)} in batches of {largest.spec.batch_size}"
    checkpoint = max(each.checkpoint for _, each in found)
    return (
        f"memory, estimated from one forward pass: up to {memory(size.memory)} a run ({what}) beside the data set; "
        f"a checkpoint up to {memory(checkpoint)}"
    )


def _pairs(lines: dict[str, str]) -> Table:
    """Names and what is said of each, side by side."""
    pairs = Table.grid(padding=(0, 2, 0, 0))
    pairs.add_column(no_wrap=True)
    pairs.add_column(overflow="fold")
    for name, text in lines.items():
        pairs.add_row(Text(clean(name)), Text(clean(text)))
    return pairs


def _rows(made: Plan, costs: Estimate, console: Console) -> Iterator[tuple[str, Sequence[Line]]]:
    """Label and lines, in the order they are read; a label without lines is not shown."""
    specs = [run.spec for run in made.runs]
    yield "file", [str(made.path)]
    yield "runs", grid(made)
    yield "networks", _ways([wording.networks(spec) for spec in specs])
    yield "images", _ways([wording.images(spec) for spec in specs])
    yield "training", _ways([wording.length(spec) for spec in specs])
    yield "optimiser", _ways([wording.optimiser(spec) for spec in specs])
    yield "learning rate", _ways([wording.rate(spec) for spec in specs])
    yield "", _sketch(specs, console)
    yield "method", _ways([wording.method(spec) for spec in specs], most=len(specs))
    yield "teaching", teaching(made.runs)
    yield "phases", wording.phases(specs)
    yield "target", [f"{metric} {_figure(metric, value)}" for metric, value in made.preset.target.items()]
    yield "reference", _reference(made)
    yield "data", missing(made)
    yield "time", [outlook.time(costs, specs, at_once(specs))]
    yield "memory", [outlook.held(costs) or "not measured yet; an estimate follows"]
    yield "cautions", [f"▲ {doubt}" for doubt in doubts(made)]


def grid(made: Plan) -> list[Line]:
    """The runs as axes multiplied out, less what is skipped, and the values of each axis."""
    values = outlook.values(made)
    return [outlook.multiplied(made), values] if values else [outlook.multiplied(made)]


def _ways(told: Sequence[str], most: int = MOST_WAYS) -> list[str]:
    """The different phrases, the most frequent first, each with its number of runs where there are several."""
    counts = Counter(told).most_common()
    if len(counts) == 1:
        return [counts[0][0]]
    shown = counts if len(counts) <= most + 1 else counts[:most]
    rest = sum(n for _, n in counts[len(shown) :])
    more = [f"and {len(counts) - len(shown)} others  ({counted(rest, 'run')})"] if rest else []
    return [f"{text}  ({counted(n, 'run')})" for text, n in shown] + more


def _sketch(specs: Sequence[Spec], console: Console) -> list[str]:
    """The most frequent schedule, drawn."""
    try:
        "▁█".encode(console.encoding)
        ascii_only = False
    except UnicodeEncodeError:
        ascii_only = True
    drawn = Counter(tuple(rates(spec, console.width - LABEL, ascii_only=ascii_only)) for spec in specs).most_common()
    lines, n = drawn[0]
    return [*lines, *([f"drawn: the schedule of {n} of the {len(specs)} runs"] if n < len(specs) else [])]


def teaching(runs: Sequence[Planned]) -> list[str]:
    """Who teaches whom, by the runs' labels without their seeds."""
    known = {run.name: run for run in runs}
    taught: dict[str, dict[str, None]] = {}
    by_seed = True
    for run in runs:
        teacher = known.get(run.teacher)
        if teacher or run.spec.teacher:
            named = teacher.unseeded if teacher else f"{run.spec.teacher} (a run that is there already)"
            taught.setdefault(named, {})[run.unseeded] = None
            by_seed = by_seed and teacher is not None and teacher.spec.seed == run.spec.seed
    told = []
    for teacher_label, students in taught.items():
        names, more = list(students)[:MOST_STUDENTS], len(students) - MOST_STUDENTS
        told.append(f"{teacher_label} teaches {', '.join(names)}" + (f" and {more} more" if more > 0 else ""))
    if taught and by_seed:
        told.append("each learns from the teacher of its own seed")
    peers = sorted({run.spec.nodes for run in runs if run.spec.objective == "mutual"})
    several = f", {peers[0]} to {peers[-1]} of them" if len(peers) > 1 else ""
    told += [f"the networks of a run teach one another{several}"] if peers else []
    return told


def _reference(made: Plan) -> list[Line]:
    """Where published figures are from, those of each pattern of runs, and what is to be known of them."""
    reference = made.preset.reference
    told: dict[str, str] = {}
    for figures in reference.runs:
        told.setdefault(figures.run, "; ".join(_figures(figures)))
    return [line for line in (_flowing(reference.source), told, _flowing(reference.note)) if line]


def _flowing(text: str) -> str:
    return " ".join(text.split())


def _figures(figures: Figures) -> Iterator[str]:
    spread = f" ±{percent(figures.std)}" if figures.std is not None else ""
    seeds = f" over {counted(figures.n, 'seed')}" if figures.n is not None else ""
    if figures.test_acc is not None:
        yield f"test {percent(figures.test_acc)}{spread} %{seeds}"
    if figures.best_test_acc is not None:
        at = f" at epoch {figures.best_epoch}" if figures.best_epoch is not None else ""
        yield f"best test {percent(figures.best_test_acc)}{'' if figures.test_acc is not None else spread} %{at}"
    if figures.train_acc is not None:
        yield f"train {percent(figures.train_acc)} %"
    if figures.expected is not None:
        low, high = figures.expected
        yield f"test expected from {percent(low)} to {percent(high)} %"
    if figures.nodes:
        train, test = (", ".join(map(percent, each)) for each in zip(*figures.nodes, strict=True))
        yield f"test of each network {test} %, train {train} %"
    if figures.curve:
        yield f"a curve of {counted(len(figures.curve), 'epoch')}"
    yield from (_flowing(text) for text in (figures.source, figures.note) if text)


def _figure(metric: str, value: float) -> str:
    return f"{percent(value)} %" if metric.endswith("_acc") else f"{value:g}"
