"""The strip below the sessions: what is newest and worst of all runs, and what there is to say of the one in hand."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from cockpit.insight.arrangement import Held
from cockpit.insight.attention import Kind, Notice, worst
from cockpit.tui.look import Line, Look
from cockpit.tui.widgets.columns import unhashed

#: Kind -> glyphs and style.
_MARKS: dict[Kind, tuple[str, str]] = {
    "failed": ("✗", "bad"),
    "critical": ("▲▲▲", "bad"),
    "warn": ("▲▲", "watch"),
    "blocked": ("⊘", "watch"),
    "silent": ("◍", "watch"),
}
#: From this width on the group is named, too.
WIDE = 100


def lines(notices: Sequence[Notice], held: Held | None, look: Look, width: int) -> list[Line]:
    """Two lines at most: the worst of all, and the run's own note or trouble if it has any, else the next."""
    told = worst(notices, 2)
    own = _own(held, look, width)
    if own is None or (held and held.notice in told and not held.run.note):
        return [_line(notice, look, width) for notice in told]
    return [*(_line(notice, look, width) for notice in told[:1] if not held or notice != held.notice), own]


def _own(held: Held | None, look: Look, width: int) -> Line | None:
    """What there is to say of the run under the cursor."""
    if held is None:
        return None
    if held.notice:
        return _line(held.notice, look, width)
    run = held.run
    if run.note:
        return _cut((("note ", "bold"), (f"{run.label}: {' '.join(run.note.split())}", "")), width)
    reason = run.status.reason
    if reason and run.status.word not in ("finished", "running"):
        return _cut((("▲ ", "watch"), (f"{run.label}: {run.status.word} {unhashed(reason)}", "")), width)
    if run.warnings:
        newest = run.warnings[-1]
        at = f"epoch {newest.epoch}: " if newest.epoch is not None else ""
        return _cut((("▲ ", "watch"), (f"{run.label}: {at}{newest.message}", "")), width)
    return None


def _line(notice: Notice, look: Look, width: int) -> Line:
    glyphs, style = _MARKS[notice.kind]
    glyph = {"blocked": look.state("blocked"), "silent": look.state("silent")}.get(notice.kind, glyphs)
    where = notice.where if width >= WIDE else notice.where.partition("/")[2]
    return _cut(((f"{glyph:<4}", style), (where, "bold"), (f"  {unhashed(notice.text)}", "")), width)


def _cut(line: Line, width: int) -> Line:
    """A line in so many cells; what is cut off is told by its last."""
    if sum(cell_len(text) for text, _ in line) <= width:
        return line
    *head, (text, style) = line
    room = max(1, width - sum(cell_len(t) for t, _ in head) - 1)
    return (*head, (set_cell_size(text, room) + "…", style))
