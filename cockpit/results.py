"""What a group came to, as text: the result table, and every failure with the end of its log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from msgspec.structs import replace
from rich.table import Table
from rich.text import Text

from cockpit.insight.format import counted, percent, points
from cockpit.insight.table import Row, Setting, Spread, result_table
from cockpit.logs import log_of, tail
from cockpit.snapshot import Snapshot
from engine.contract.cleaning import clean
from engine.contract.reference import Figures

LOG_LINES = 12


def results(snapshots: Sequence[Snapshot]) -> Table:
    """A row a run, then mean ± sample deviation over the seeds of each setting; percent, gaps in points."""
    table = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left", caption_style="dim")
    settings = result_table(snapshots)
    caption = (
        "Percent; gaps in points, train less test of the last epoch. best: highest test accuracy of any epoch, "
        "which is selection on the test set."
    )
    if any(len(setting.rows) > 1 for setting in settings):
        caption += " ±: sample deviation over seeds (n - 1)."
    table.add_column("run", overflow="fold")
    for name in ("last", "best", "at", "clean train", "gap", "clean gap"):
        table.add_column(name, justify="right", no_wrap=True)
    tells = any(_published(row.published) for setting in settings for row in setting.rows)
    if tells:
        table.add_column("published", justify="right")
        caption += f" published: {_sources(settings)}."
    # As text, not as markup: a source is whatever a preset's author wrote.
    table.caption = Text(clean(caption))
    for setting in settings:
        for row in setting.rows:
            _add(table, row, tells=tells)
        if len(setting.rows) > 1:
            table.add_row(*_mean_cells(setting), style="bold")
    return table


def _add(table: Table, row: Row, *, tells: bool) -> None:
    """A run's row; of a run of several nodes, one for each, and what they are together.

    `tells` says whether there is a column for what was published.
    """
    table.add_row(*_cells(row), *([_published(row.published)] if tells else []))
    for node, published in zip_longest(row.nodes, row.published.nodes[: len(row.nodes)]):
        figure = percent(published[1]) if published else ""
        table.add_row(*_cells(replace(node, label=f"  node {node.label}")), *([figure] if tells else []))
    if row.ensemble is not None:
        table.add_row(f"  ensemble; two agree on {percent(row.agreement)} %", percent(row.ensemble))


def _published(figures: Figures) -> str:
    """What was published of a run, in percent: the last epoch's accuracy if there is one, and what it is if not."""
    if figures.test_acc is not None:
        return percent(figures.test_acc)
    if figures.best_test_acc is not None:
        return f"{percent(figures.best_test_acc)} best"
    if figures.expected:
        return "hoped: {} to {}".format(*(f"{100 * bound:g}" for bound in figures.expected))
    return ""


def _sources(settings: Sequence[Setting]) -> str:
    held = [row.published.source for setting in settings for row in setting.rows if _published(row.published)]
    return "; ".join(dict.fromkeys(source for source in held if source)) or "see the preset"


def _cells(row: Row) -> list[Text | str]:
    label = (
        row.label
        if row.state == "finished" or row.label.startswith(" ")
        else f"{row.label} ({row.state}, epoch {row.epoch})"
    )
    best = "-" if row.best_epoch is None else str(row.best_epoch)
    figures = [percent(row.test_last), percent(row.test_best), best, percent(row.train_clean)]
    return [Text(label), *figures, points(row.gap), points(row.gap_clean)]


def _mean_cells(setting: Setting) -> list[Text | str]:
    over = setting.over_seeds
    n = max((s.n for s in over.values()), default=0)
    seeds = f"{n}" if n == len(setting.rows) else f"{n} of {len(setting.rows)}"

    def cell(name: str, signed: bool = False) -> str:
        return _spread(over[name], signed) if name in over else "-"

    figures = [cell("test_last"), cell("test_best"), "", cell("train_clean")]
    return [Text(f"  {setting.label}: mean of {seeds} seeds"), *figures, cell("gap", True), cell("gap_clean", True)]


def _spread(spread: Spread, signed: bool) -> str:
    mean = points(spread.mean) if signed else percent(spread.mean)
    return mean if spread.std is None else f"{mean} ±{percent(spread.std)}"


def warnings(snapshots: Sequence[Snapshot]) -> Iterator[Text]:
    """What the runs themselves warned of, each with its name."""
    for run in snapshots:
        for warning in run.warnings:
            yield Text(f"▲ {run.label}: {warning.message}")


def failures(snapshots: Sequence[Snapshot]) -> Iterator[Text]:
    """Each run that is neither finished nor stopped, by name, why, and the last lines of its log."""
    for run in snapshots:
        if run.status.word in ("finished", "stopped") and not run.problem:
            continue
        reason = run.problem or run.status.reason or "no reason was left"
        yield Text(f"\n{run.group}/{run.name}: {run.status.word}: {clean(reason)}")
        log = log_of(run.path)
        for line in tail(log, LOG_LINES) if log else ():
            yield Text(f"  | {line}")


def targets(snapshots: Sequence[Snapshot]) -> Iterator[Text]:
    """For each figure that is aimed at, how many of the finished runs reach it with their last epoch."""
    aims = {(name, aim) for run in snapshots if run.file for name, aim in run.file.target.items()}
    for name, aim in sorted(aims):
        done = [run for run in snapshots if run.status.word == "finished" and run.file and name in run.file.target]
        figures = [getattr(run.last, name, None) for run in done]
        reached = sum(figure is not None and figure >= aim for figure in figures)
        if done:
            yield Text(clean(f"target {name} {percent(aim)} %: {reached} of {counted(len(done), 'finished run')}"))
