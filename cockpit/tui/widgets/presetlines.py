"""What stands beside the list of presets: what Enter would do, as lines. Pure functions of a sheet and snapshots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase

from cockpit.insight import outlook
from cockpit.insight.format import percent
from cockpit.insight.lanes import lanes
from cockpit.insight.sketch import MOST_COLUMNS, rates
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line, Look, shortened
from cockpit.tui.sheets import Sheet
from cockpit.tui.widgets import statesgrid
from cockpit.tui.widgets.learning import published, published_in_full
from cockpit.tui.widgets.panel import wrapped
from engine.contract.cleaning import clean
from engine.contract.reference import Figures
from engine.contract.spec import Spec

#: Where the text begins, behind the names of what it says.
TEXT = 12
#: So many lines of a description come first; the whole of it then stands at the end.
DESCRIPTION = 4
#: Of a description one line is shown where there are no more lines than these.
LOW = 16
#: The settings that a schedule's drawing is made of.
SCHEDULE = tuple(
    name for name in Spec.__struct_fields__ if name.startswith(("lr", "warmup")) or name in ("epochs", "phases")
)
#: The widest name of a row of the grid.
NAME = 20


def lines(sheet: Sheet, snapshots: Sequence[Snapshot], width: int, height: int, look: Look) -> list[Line]:
    """A preset's sheet, the most telling first: where there is little room one scrolls to its end."""
    preset = sheet.shelf.preset
    if preset is None or sheet.plan is None:
        return [((f" ✗ {text}" if i == 0 else f"   {text.strip()}", "bad" if i == 0 else ""),)
                for i, text in enumerate((sheet.error or sheet.shelf.error).splitlines())]  # fmt: skip
    whole = about = wrapped(((f" {' '.join(preset.description.split())}", ""),), width - 2, 1)
    most = DESCRIPTION if height > LOW else 1
    if len(about) > most:
        about = [*about[: most - 1], (*about[most - 1], (" …", "dim"))]
    told: list[Line] = [((f" {preset.title}", "title"),), *about, *([()] if height > LOW else [])]
    target = ", ".join(f"{name} {percent(value)} %" for name, value in preset.target.items())
    told += [_pair("runs", outlook.multiplied(sheet.plan))]
    told += [_pair("", f"{name}  {values}") for name, values in outlook.values(sheet.plan).items()]
    told += statesgrid.lines(sheet, snapshots, width, look, TEXT)
    told += [_pair("target", target)] if target else []
    told.append(_pair("time", outlook.time(sheet.costs, [run.spec for run in sheet.runs], sheet.places)))
    if memory := outlook.held(sheet.costs):
        told.append(_pair("memory", memory))
    told += [*_data(sheet), *_doctor(sheet), *_schedule(sheet, width, look), *_figures(sheet, snapshots, look)]
    return [*told, (), *whole] if len(whole) > most else told


def _pair(name: str, text: str, style: str = "") -> Line:
    return ((f" {name:<{TEXT - 1}}", "dim"), (clean(text), style))


def _data(sheet: Sheet) -> list[Line]:
    names = dict.fromkeys(run.spec.data for run in sheet.runs)
    if not sheet.absent:
        return [_pair("data", f"{', '.join(names)}: ready")]
    if len(sheet.absent) == 1:
        return [_pair("data", f"✗ {' '.join(sheet.absent[0].split())}", "bad")]
    lacking = [name for name in names if any(repr(name) in text for text in sheet.absent)]
    return [_pair("data", f"✗ {', '.join(lacking)} are not there: cockpit data prepare NAME brings each", "bad")]


def _doctor(sheet: Sheet) -> list[Line]:
    if sheet.doctor is None:
        return [_pair("doctor", "is looking", "dim")]
    wrong = [found for found in sheet.doctor if found.level != "ok"]
    if not wrong:
        return [_pair("doctor", "nothing wrong", "good")]
    styles = {"warning": ("▲", "watch"), "fault": ("✗", "bad")}
    worst = sorted(wrong, key=lambda found: found.level)
    told = []
    for i, found in enumerate(worst[:3]):
        glyph, style = styles[found.level]
        text = f"{glyph} {found.subject}: {found.words}; {found.remedy}"
        told.append(_pair("doctor" if i == 0 else "", text, style))
    return told


def _schedule(sheet: Sheet, width: int, look: Look) -> list[Line]:
    """The most frequent schedule: its rate drawn, and below it a lane for each setting that changes."""
    how = width, look.unicode
    if how not in sheet.drawn:
        sheet.drawn[how] = _drawn(sheet, width - TEXT - 1, look)
    return sheet.drawn[how]


def _drawn(sheet: Sheet, room: int, look: Look) -> list[Line]:
    known: dict[str, tuple[str, ...]] = {}
    ways = []
    for spec in (run.spec for run in sheet.runs):
        # Grids mostly change something else: what is drawn of a schedule is made of these settings.
        key = repr([getattr(spec, name) for name in SCHEDULE])
        if key not in known:
            known[key] = tuple(rates(spec, room, ascii_only=not look.unicode))
        ways.append(known[key])
    drawn = Counter(ways).most_common(1)[0][0]
    spec = sheet.runs[ways.index(drawn)].spec
    told: list[Line] = [()]
    told += [((f" {'LR' if i == 0 else '':<{TEXT - 1}}", "dim"), (text, "test")) for i, text in enumerate(drawn)]
    margin = len(drawn[-1]) - len(drawn[-1].lstrip())
    for name, lane in lanes(spec, max(8, min(room - margin, MOST_COLUMNS))).items():
        wide = TEXT + margin - 2
        told.append(((f" {name if len(name) <= wide else name[: wide - 1] + '…':<{wide}} ", "dim"), (lane, "")))
    return told


def _figures(sheet: Sheet, snapshots: Sequence[Snapshot], look: Look) -> list[Line]:
    """What was published of these runs, and what yours came to so far: the mean of the last epochs."""
    assert sheet.shelf.preset
    figures = [each for each in sheet.shelf.preset.reference.runs if published(each)]
    if not figures:
        return []
    states = statesgrid.states_of(sheet, snapshots)
    source = clean(" ".join(sheet.shelf.preset.reference.source.split()))
    told: list[Line] = [(), _pair("published", source, "dim")]
    return told + [_figure(each, sheet, states) for each in figures]


def _figure(figures: Figures, sheet: Sheet, states: dict[str, Snapshot | None]) -> Line:
    mine = [states[run.name] for run in sheet.runs if fnmatchcase(run.label, figures.run)]
    last = [s.last.test_acc for s in mine if s and s.last and s.last.test_acc is not None]
    yours = f"yours {percent(sum(last) / len(last))}" if last else ""
    over = f" over {len(last)} runs" if len(last) > 1 else ""
    name = figures.run.rstrip("*").rstrip("-") or "all runs"
    return (
        (f" {'':<{TEXT - 1}}{clean(shortened(name, NAME)):<{NAME}}", "dim"),
        (f"{published_in_full(figures):>9}", ""),
        (f"   {yours}{over}", "good"),
    )
