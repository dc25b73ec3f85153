"""The line under the charts: what was measured in one epoch, and what happened in it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from cockpit.epochs import record_at
from cockpit.insight import wording
from cockpit.insight.events import Event
from cockpit.insight.format import number, percent, points
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line, Span
from engine.contract.cleaning import clean

#: Which figures of an epoch go first where the line is too short for all, or for what happened.
_DISPENSABLE = ("test loss", "val", "loss", "trained", "lr", "clean", "gap", "clean gap")
#: The least room for what happened; for more, no further figure is given up.
_LEAST = 30


def line(run: Snapshot, happened: Sequence[Event], at: int, width: int) -> Line:
    """The figures of one epoch, each whole or not at all, and what happened in it; `▸` points at the epoch."""
    told = clean("; ".join(dict.fromkeys(_told(event) for event in happened if event.epoch == at)))
    room = min(cell_len(told), _LEAST)
    values = _figures(run, at)
    head = f" epoch ▸ {at}"
    for name in _DISPENSABLE:
        if len(head) + sum(len(n) + len(text) + 4 for n, text in values.items()) + room > width:
            values.pop(name, None)
    spans: list[Span] = [(head, "bold")]
    spans += [span for name, text in values.items() for span in ((f"  {name} ", "dim"), (text, ""))]
    if not values:
        spans.append(("  nothing measured", "dim") if at <= run.epoch else ("  still to come", "dim"))
    if told:
        spans.append((f"  {_cut(told, width - sum(cell_len(text) for text, _ in spans) - 2)}", "bold"))
    return tuple(spans)


def _figures(run: Snapshot, at: int) -> dict[str, str]:
    record = record_at(run.epochs, at)
    if record is None:
        return {}
    mixing = wording.mixing(run.spec, at) if run.spec else ""
    values = {
        "trained": percent(record.train_acc) + (f" ({mixing})" if mixing and record.train_acc is not None else ""),
        "clean": percent(record.train_acc_clean),
        "test": percent(record.test_acc),
        "loss": number(record.train_loss),
        "lr": number(record.lr),
        "gap" if record.gap_clean is None else "clean gap": points(
            record.gap if record.gap_clean is None else record.gap_clean
        ),
        "test loss": number(record.test_loss),
    }
    return values if record.val_acc is None else values | {"val": percent(record.val_acc)}


def _told(event: Event) -> str:
    return {"best": "★ ", "warning": "▲ ", "ended": "✗ ", "resumed": "↻ ", "forked": "├ "}.get(
        event.kind, ""
    ) + event.text


def _cut(text: str, room: int) -> str:
    return text if cell_len(text) <= room else text[: max(0, room - 1)] + "…"
