"""Progress of runs as lines of text: one a run, one for the whole, with the time left."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import ConsoleDimensions, Group
from rich.text import Text

from cockpit.insight.format import duration, percent, points
from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT, ENDED, GLYPHS, HELD

BAR = 20


def one_line(run: Snapshot) -> Text:
    """One run as a plain line: state, name, epochs, test accuracy, gap."""
    last = run.last
    text = f"{GLYPHS[run.status.word][0]} {run.status.word:<10} {run.label}  epoch {run.epoch}/{run.planned}"
    if run.stage:
        text += f", before it {run.stage}"
    if run.position > run.epoch:
        text += f" and {run.position - run.epoch:.0%} of the next, {duration(run.seconds_left)} left"
    if last:
        text += f"  test {percent(last.test_acc)} %  gap {points(last.gap)}"
    if (run.status.word in ENDED or run.status.word in DEPENDENT or run.status.held) and run.status.reason:
        text += f"  ({run.status.reason})"
    return Text(text)


def lines(runs: Sequence[Snapshot], places: int, size: ConsoleDimensions) -> Group:
    """Live lines for a terminal: what is at work first, as many as fit, and one line for the whole."""
    room = max(1, size.height - 4)
    active = [r for r in runs if r.status.word in HELD]
    rest = [r for r in runs if r.status.word not in HELD]
    shown = (active + rest)[:room] if len(runs) > room else list(runs)
    width = max((len(r.label) for r in shown), default=0)
    # Names may have what the widest of the lines leaves: its glyph, two spaces, and what is told behind.
    taken = 3 + max((_told(run).cell_len for run in shown), default=0)
    rows = [_bar_line(run, min(width, max(12, size.width - taken))) for run in shown]
    if len(shown) < len(runs):
        rows.append(Text(f"  and {len(runs) - len(shown)} more", style="dim"))
    # The cursor waits below: what a terminal writes for ^C would else wrap the last line, and be one too many.
    return Group(*rows, total(runs, places), "")


def _bar_line(run: Snapshot, width: int) -> Text:
    label = run.label if len(run.label) <= width else run.label[: width - 1] + "…"
    line = Text(f"{GLYPHS[run.status.word][0]} {label:<{width}} ", no_wrap=True, overflow="ellipsis")
    return line.append_text(_told(run))


def _told(run: Snapshot) -> Text:
    """What is told of a run behind its name: a bar, epochs, test accuracy, the time left or how it stands."""
    done = run.position / run.planned if run.planned else 0.0
    filled = round(done * BAR)
    line = Text()
    line.append("━" * filled, style="green" if run.status.word == "finished" else "cyan")
    line.append("─" * (BAR - filled), style="dim")
    line.append(f" {run.epoch:>3}/{run.planned:<3}")
    line.append(f" {percent(run.last.test_acc if run.last else None):>6} %")
    left = run.stage or duration(run.seconds_left) if run.status.word in HELD else run.status.word
    line.append(f"  {left}")
    return line


def total(runs: Sequence[Snapshot], places: int) -> Text:
    """The whole in one line: how many are done, at work, waiting, failed, and the time left."""
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.status.word] = counts.get(run.status.word, 0) + 1
    done = sum(run.position for run in runs)
    whole = sum(run.planned for run in runs) or 1
    words = ", ".join(f"{n} {word}" for word, n in counts.items())
    return Text(f"  {100 * done / whole:3.0f} %  {words}  time left {duration(seconds_left(runs, places))}")


def seconds_left(runs: Sequence[Snapshot], places: int) -> float | None:
    """Time to the end of all: what is left of each at its own pace, or the others' mean, over the slots."""
    paces = [run.seconds_per_epoch for run in runs]
    known = [pace for pace in paces if pace is not None]
    if not known:
        return None
    mean = sum(known) / len(known)
    open_runs = [(r, p or mean) for r, p in zip(runs, paces, strict=True) if _is_to_do(r)]
    left = [pace * (run.planned - run.position) for run, pace in open_runs]
    return max([sum(left) / max(1, places), *left], default=0.0)


def _is_to_do(run: Snapshot) -> bool:
    return run.status.word not in ENDED and run.status.word != "blocked"
