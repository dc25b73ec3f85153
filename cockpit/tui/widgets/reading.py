"""What the session screen says in words: the gap, what the engine takes of the machine, the warnings, the worst."""

from __future__ import annotations

from rich.cells import cell_len

from cockpit.insight import gap, wording
from cockpit.insight.attention import HOPELESS, damage_in_words
from cockpit.insight.format import counted, duration, memory, percent, points, rate
from cockpit.load import Load
from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT, HELD, OPEN
from cockpit.tui.look import LEVEL_STYLES, STATE_STYLES, Line, Look, shortened
from cockpit.tui.widgets.columns import unhashed
from engine.contract import schedule
from engine.contract.cleaning import clean
from engine.contract.folder import Gap

#: Where the text begins in the panels at the right.
TEXT = 12
#: The fewest cells that a header leaves of a run's name.
NAME = 24


def gap_title(run: Snapshot, reading: gap.Reading, look: Look) -> Line:
    """Of which epoch it is, the level in glyphs and a word, and from which gap on it is that one."""
    thresholds = run.file.gap if run.file else Gap()
    at = f"gap@{run.epoch}  " if run.epoch else "gap  "
    word = (f"{look.level(reading.level)} {reading.level}".strip(), LEVEL_STYLES[reading.level])
    since = {"watch": thresholds.watch, "warn": thresholds.warn, "critical": thresholds.critical}.get(reading.level)
    told = f" from {since * 100:g}" if since else f" below {thresholds.watch * 100:g}"
    return ((at, "title"), word, (told if reading.level != "unknown" else "", "dim"))


def gap_lines(run: Snapshot, reading: gap.Reading, narrow: bool) -> list[Line]:
    """The figures behind the level, and why it looks as it does; in fewer words where it is narrow."""
    if run.last is None:
        return [((f" {reading.sentence}", "dim"),)]
    lines = [
        _pair("clean", f"{points(reading.gap_clean)} points", LEVEL_STYLES[reading.level]),
        _pair("as trained", f"{points(reading.gap_trained)}{_mixing(run, narrow)}"),
    ]
    if reading.slope is not None:
        over = f"/epoch, {reading.slope_epochs}" if narrow else f" an epoch, {reading.slope_epochs} epochs"
        lines.append(_pair("slope", f"{points(reading.slope)}{over}"))
    if reading.best is not None:
        ago = "now" if not reading.since_best else f"{reading.since_best} ago"
        at = "@" if narrow else " at "
        lines.append(_pair("best ★", f"{percent(reading.best)}{at}{reading.best_epoch}, {ago}"))
        lines.append(_pair("drop", f"{points(reading.drop)} from best"))
    return [*lines, _pair("reading", reading.sentence)]


def _pair(name: str, text: str, style: str = "") -> Line:
    return ((f" {name:<{TEXT - 1}}", "dim"), (text, style))


def _gap(reading: gap.Reading) -> str:
    clean = reading.gap_clean
    return f"gap {points(reading.gap_trained)}" if clean is None else f"clean gap {points(clean)}"


def _mixing(run: Snapshot, narrow: bool) -> str:
    """Whether mixup or CutMix, which lower train accuracy as trained, are on or were."""
    if run.spec is None:
        return ""
    if now := wording.mixing(run.spec, run.epoch):
        return f" ({now})"
    ended = [epoch for epoch in schedule.transitions(run.spec) if epoch <= run.epoch]
    since = next((e for e in reversed(ended) if wording.mixing(run.spec, e - 1)), None)
    return f" ({wording.mixing(run.spec, since - 1)} off since {since})" if since and not narrow else ""


def load_lines(load: Load, narrow: bool) -> list[Line]:
    """What the run's engine takes of this machine; why that cannot be told, where it cannot."""
    if load.absent:
        return [_pair("engine", load.absent) if narrow else ((f" {load.absent}", "dim"),)]
    taken = "-" if load.cores is None else f"{load.cores:.1f} cores"
    lines = [_pair("engine" if narrow else "process", f"{taken} {memory(load.memory or 0)}")]
    if load.gpu:
        busy = "-" if load.busy is None else f"{load.busy:.0%} busy"
        held = "-" if load.gpu_used is None else f"{memory(load.gpu_used)} of {memory(load.gpu_memory or 0)}"
        lines.append(_pair(f"gpu {load.gpu}"[: TEXT - 2], busy if narrow else f"{busy}, {held}"))
    return lines


def warning_lines(run: Snapshot) -> list[Line]:
    """What takes the figures their worth first, then the newest first."""
    newest = sorted(run.warnings, key=lambda warning: (warning.kind in HOPELESS, warning.seq), reverse=True)
    lines: list[Line] = [((" ▲ ", "watch"), (_at(w.epoch) + clean(w.message), "")) for w in newest]
    told = [damage] if (damage := damage_in_words(run)) else []
    if run.rewritten:
        told.append(f"the metric stream was rewritten {counted(run.rewritten, 'time')} while this looked")
    lines += [((" ▲ ", "watch"), (text, "")) for text in told]
    return lines


def _at(epoch: int | None) -> str:
    return f"epoch {epoch}: " if epoch is not None else ""


def header(run: Snapshot, look: Look, idle: float | None, width: int, *, gone: bool = False) -> Line:
    """Who this is and how it goes, in one line, without the last things where they do not fit.

    `idle` is for how long no epoch has come, when that is too long; `gone` says that its folder is there no more.
    """
    last, word = run.last, run.status.word
    why = f" {unhashed(run.status.reason)}" if word in DEPENDENT else ""
    parts: list[tuple[str, str]] = [(f"  {look.state(word)} {word}{why}", STATE_STYLES[word])]
    if run.problem:
        parts = [(f"  {look.state(word)} {word}, {look.state('failed')} broken", "bad")]
    if gone:
        parts = [(f"  {look.state('failed')} gone", "bad")]
    if run.stage or not why:
        parts.append((f"  {run.stage}" if run.stage else f"  epoch {run.epoch}/{run.planned or '?'}", ""))
    if run.read < 1:
        parts.append((f"  an outline: {run.read:.0%} read", "busy"))
    if len(run.nodes) > 1:
        parts.append((f"  mean of {len(run.nodes)} networks", ""))
    # A preset of one run names its group as that run.
    kept, name = len(parts), f" {run.group} / {run.label}" if run.label != run.group else f" {run.label}"
    if word in HELD and not run.stage and not gone:
        parts.append((f"  left {duration(run.seconds_left)}", ""))
    if idle is not None:
        parts.append((f"  no epoch for {duration(idle)}", "watch"))
    if last and last.images_per_second is not None and word not in OPEN:
        parts.append((f"  {rate(last.images_per_second)} img/s", "dim"))
    if run.spec:
        parts.append((f"  {wording.networks(run.spec)} · {run.spec.data}", "dim"))
    while len(parts) > kept and cell_len(name) + sum(cell_len(text) for text, _ in parts) > width:
        parts.pop()
    # What else is told stays; a long name is cut for it, as far as it can still be known by.
    name = shortened(name, max(NAME, width - sum(cell_len(text) for text, _ in parts)))
    return tuple((clean(text), style) for text, style in ((name, "title"), *parts))


def trouble(run: Snapshot) -> Line:
    """Why a run cannot be read, failed, or should be looked at: the worst, in one line; empty when all is well."""
    reason = run.status.reason
    if run.problem:
        problem = run.problem.replace(f"{run.path}/", "").replace("\n ", " ")
        return (("✗ ", "bad"), (f"{run.label}: {problem}", ""))
    if reason and run.status.word in DEPENDENT:
        return (("▲ ", STATE_STYLES[run.status.word]), (f"{run.label}: {run.status.word} {unhashed(reason)}", ""))
    if reason and run.status.word not in ("finished", "running"):
        return (("▲ ", STATE_STYLES[run.status.word]), (f"{run.label}: {run.status.word}: {reason}", ""))
    reading = gap.read(run)
    grave = [warning for warning in run.warnings if warning.kind in HOPELESS]
    if (warnings := grave or run.warnings) and (grave or reading.level != "critical"):
        told = warnings[0] if grave else warnings[-1]
        return (("▲ ", "watch"), (f"{run.label}: {_at(told.epoch)}{told.message}", ""))
    if reading.level in ("warn", "critical"):
        return (
            ("▲ ", LEVEL_STYLES[reading.level]),
            (f"{run.label}: {_gap(reading)} points: {reading.sentence}", ""),
        )
    return ()
