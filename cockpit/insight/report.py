"""A comparison to hand on: as Markdown whose source reads well, too, and as plain values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from cockpit.insight.compare import (
    MEASURES,
    TEST,
    Comparison,
    Contender,
    Measure,
    crossings,
    ranked,
    standings,
    tested,
)
from cockpit.insight.differences import differing, unknown
from cockpit.insight.epochtable import Row, skipping, table
from cockpit.insight.footing import even
from cockpit.insight.format import number, percent
from cockpit.insight.seeds import interval
from cockpit.insight.table import Spread
from cockpit.insight.verdict import verdict
from engine.contract.cleaning import clean
from engine.contract.stream import Epoch, finite

#: The most contenders whose events have a column each.
MOST_COLUMNS = 3
_CAPTION = (
    "Accuracies in percent, gaps and differences in points. 95 % is the confidence interval of the last: over seeds "
    "Student's, of a single run that of its test set alone (Wilson's), which knows nothing of seeds. Best is the "
    "highest test accuracy of any epoch, which is selection on the test set."
)


def markdown(comparison: Comparison, epoch: int | None = None, measure: Measure = TEST) -> str:
    """The whole comparison; `epoch` is that of the values in detail, the last that all have measured if not named."""
    at = default_epoch(comparison) if epoch is None else epoch
    names = [one.letter for one in comparison.contenders]
    parts = [
        f"# {title(comparison)}",
        _table(
            ("", "session", "run", "state", "epochs"),
            "llllr",
            [_who(comparison, one) for one in comparison.contenders],
        ),
        "## Verdict",
        "\n".join(f"- **{each.about}**: {_safe(each.text)}." for each in verdict(comparison)),
        "## Settings that differ",
    ]
    rows = differing(comparison)
    told = [(row.name, *row.texts) for row in rows]
    if lost := unknown(comparison):
        parts.append(f"The settings of {', '.join(lost)} are not known.")
    if rows or not lost:
        parts.append(_table(("setting", *names), "l" * (len(names) + 1), told) if rows else "None.")
    parts += [
        "## Best and last",
        _table(("", "best", "at epoch", "last", "at epoch", "95 %", "to baseline"), "lrrrrrr", _ends(comparison)),
    ]
    if at is not None:
        parts += [f"## At epoch {at}", _values(comparison, at)]
        by_epoch = table(comparison, measure)
        parts.append(f"## {measure.title[0].upper()}{measure.title[1:]} by epoch")
        if which := skipping(comparison, by_epoch):
            parts.append(f"{which.capitalize()} epoch, the first and the last, and those with events.")
        parts.append(_epochs(comparison, measure, by_epoch))
    parts.append(_CAPTION)
    return "\n\n".join(parts) + "\n"


def title(comparison: Comparison) -> str:
    """Who is compared with whom."""
    others = [f"{one.letter} {one.label}" for one in comparison.contenders if one is not comparison.base]
    return _safe(f"{', '.join(others)} against {comparison.base.letter} {comparison.base.label}")


def default_epoch(comparison: Comparison) -> int | None:
    """The newest epoch that all have measured, else the newest of any; None before there is one."""
    measured = [set(one.by_epoch) for one in comparison.contenders if one.by_epoch]
    shared = set.intersection(*measured) if measured else set()
    return max(shared or set().union(*measured), default=None)


def _who(comparison: Comparison, one: Contender) -> tuple[str, ...]:
    seeds = f", {len(one.runs)} seeds" if len(one.runs) > 1 else ""
    base = " (baseline)" if one is comparison.base else ""
    states = ", ".join(dict.fromkeys(run.status.word for run in one.runs))
    ends = sorted({run.epoch for run in one.runs})
    epochs = f"{ends[0]}-{ends[-1]}" if len(ends) > 1 else f"{ends[0]}"
    paths = ", ".join(f"{run.group}/{run.name}" for run in one.runs)
    return f"{one.letter}{base}", f"{one.label}{seeds}", paths, states, epochs


def _ends(comparison: Comparison) -> list[tuple[str, ...]]:
    best = [tested(one.best) for one in comparison.contenders]
    last = [tested(one.last) for one in comparison.contenders]
    stand, fair = ranked(last, comparison.baseline, TEST), even(comparison)
    return [
        (
            one.letter,
            written(best[i], TEST),
            _where(one.best),
            written(last[i], TEST),
            _where(one.last),
            _interval(one),
            "" if i == comparison.baseline or not fair else TEST.difference(stand[i].difference),
        )
        for i, one in enumerate(comparison.contenders)
    ]


def _interval(one: Contender) -> str:
    found = interval(one)
    return f"{percent(found.low)} to {percent(found.high)}" if found else "-"


def _where(epochs: Sequence[Epoch]) -> str:
    found = sorted({epoch.epoch for epoch in epochs})
    return "-" if not found else f"{found[0]}" if len(found) == 1 else f"{found[0]}-{found[-1]}"


def _values(comparison: Comparison, epoch: int) -> str:
    """Every figure that any of them has at an epoch, a row each."""
    others = [measure for measure in MEASURES.values() if measure is not TEST]
    kept = [m for m in others if any(one.mean(m, epoch) is not None for one in comparison.contenders)]
    rows = [
        (
            one.letter,
            str(stands.rank or "-"),
            written(stands.value, TEST),
            "" if one is comparison.base else TEST.difference(stands.difference),
            *(written(one.value(measure, epoch), measure) for measure in kept),
        )
        for one, stands in zip(comparison.contenders, standings(comparison, TEST, epoch), strict=True)
    ]
    heads = ("", "rank", TEST.name, "to baseline", *(measure.name for measure in kept))
    return _table(heads, "l" + "r" * (len(heads) - 1), rows)


def written(value: Spread | None, measure: Measure) -> str:
    """A figure, with its deviation over seeds where it has one."""
    if value is None:
        return "-"
    if value.std is None or measure.higher is None:
        return measure.write(value.mean)
    # Of a loss, too, two digits of a deviation are all that a few seeds can tell.
    deviation = f"{value.std:.2g}" if measure.write is number else measure.write(value.std).removeprefix("+")
    return f"{measure.write(value.mean)} ±{deviation}"


def _epochs(comparison: Comparison, measure: Measure, found: Sequence[Row]) -> str:
    """The table of epochs; of few contenders what happened in each has a column of its own."""
    others = [i for i in range(len(comparison.contenders)) if i != comparison.baseline]
    names = [one.letter for one in comparison.contenders]
    apart = len(names) <= MOST_COLUMNS
    told = [f"events of {name}" for name in names] if apart else ["events"]
    heads = ["epoch", *names, *(f"{names[i]} - {names[comparison.baseline]}" for i in others), *told]
    rows = []
    for row in found:
        texts = happenings(comparison, row)
        joined = "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True) if text)
        figures = (written(each.value, measure) for each in row.standings)
        leads = (measure.difference(row.standings[i].difference) for i in others)
        rows.append((str(row.epoch), *figures, *leads, *(texts if apart else [joined])))
    return _table(heads, "r" * (len(heads) - len(told)) + "l" * len(told), rows)


def happenings(comparison: Comparison, row: Row) -> list[str]:
    """What happened in each contender with an epoch; a crossing is told of the one that came out above."""
    told = [[event.text for event in found] for found in row.events]
    for each in row.crossings:
        told[each.above].append(f"crosses above {comparison.contenders[each.below].letter} at {each.position:.1f}")
    return [clean(", ".join(texts)) for texts in told]


def _table(heads: Sequence[str], sides: str, rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose source is aligned as well; `sides` has an l or r for each column."""
    cells = [[_safe(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(3, *(cell_len(row[i]) for row in cells)) for i in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        padded = [
            " " * (width - cell_len(cell)) + cell if side == "r" else cell + " " * (width - cell_len(cell))
            for cell, width, side in zip(row, widths, sides, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * (width - 1) + (":" if side == "r" else "-") for width, side in zip(widths, sides, strict=True)]
    return "\n".join([line(cells[0]), line(rule), *(line(row) for row in cells[1:])])


def _safe(text: str) -> str:
    """A text that stays in its cell, and obeys nobody: what names and reasons hold is whatever somebody wrote."""
    for character in "\\|<*`[":
        text = text.replace(character, f"\\{character}")
    return " ".join(clean(text).split())


def as_record(comparison: Comparison, epoch: int | None = None) -> dict[str, Any]:
    """The comparison for programs: fractions, and words for what is no finite number."""
    at = default_epoch(comparison) if epoch is None else epoch
    contenders = comparison.contenders
    return {
        "baseline": comparison.base.letter,
        "sessions": [_session(one) for one in contenders],
        "differs": {row.name: list(row.texts) for row in differing(comparison)},
        "epoch": at,
        "values": [
            {m.field: finite(one.mean(m, at)) for m in MEASURES.values()} if at is not None else {}
            for one in contenders
        ],
        "crossings": [
            {"position": each.position, "epoch": each.epoch, "above": contenders[each.above].letter}
            | {"below": contenders[each.below].letter}
            for each in crossings(comparison)
        ],
        "epochs": [
            {
                "epoch": row.epoch,
                "test_acc": [finite(each.value.mean) if each.value else None for each in row.standings],
                "difference": [finite(each.difference) for each in row.standings],
                "events": [[clean(event.text) for event in found] for found in row.events],
            }
            for row in table(comparison)
        ],
        "verdict": [{"about": each.about, "text": clean(each.text)} for each in verdict(comparison)],
    }


def _session(one: Contender) -> dict[str, Any]:
    best, last = tested(one.best), tested(one.last)
    return {
        "letter": one.letter,
        "label": one.label,
        "runs": [f"{run.group}/{run.name}" for run in one.runs],
        "left_out": [f"{run.group}/{run.name}" for run in one.left_out],
        "status": [run.status.word for run in one.runs],
        "best_test_acc": finite(best.mean) if best else None,
        "best_epochs": [epoch.epoch for epoch in one.best],
        "test_acc": finite(last.mean) if last else None,
        "last_epochs": [epoch.epoch for epoch in one.last],
    }
