"""What the cells of the sessions table say of a run, of a setting over its seeds, and of a group."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime

from rich.cells import cell_len, set_cell_size

from cockpit.insight.arrangement import Held, Item
from cockpit.insight.attention import diverged, problem_in_words
from cockpit.insight.format import duration
from cockpit.insight.gap import Level
from cockpit.insight.grouping import Over, by_epoch
from cockpit.insight.table import Spread
from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT, HELD
from cockpit.tui.look import LEVEL_STYLES, STATE_STYLES, Line, Look, Span, shortened
from cockpit.tui.widgets.columns import AVERAGED, COLUMNS, DEVIATION, Columns, aligned, epochs, titled, unhashed
from cockpit.tui.widgets.counts import counts
from cockpit.tui.widgets.figures import deviation, pace, percentage, small, span, tenths
from cockpit.tui.widgets.sparkline import sparkline

_SHORT = {"out-of-memory": "memory"}
#: The columns that give way to words where a run has no pace any more; the fewest cells that words are worth.
_GIVING_WAY, _WORDS = ("lr", "speed", "left", "spark"), 14
_LEVELS: tuple[Level, ...] = ("critical", "warn", "watch", "ok", "unknown")


def line(item: Item, columns: Columns, look: Look, *, marked: bool) -> Line:
    """One row."""
    if item.held is None and item.over is None:
        return _group_line(item, columns, look)
    glyph, word, style = _state(item.runs, look)
    warned = look.shown("▲") if any(each.run.unreadable or each.run.warnings for each in item.runs) else ""
    mark = "*" if marked else " "
    spans: list[Span] = [(f"{mark} ", "bold" if marked else "")]
    if columns.head == 3:
        spans = [(mark, "bold" if marked else ""), (f"{glyph}{warned or ' '}", style)]
    spans.append((_title(item, columns, look), "" if item.held else "bold"))
    words, first = _words(item.held.run, columns) if item.held else ("", "")
    for name, width in columns.widths:
        if words and name == first:
            told = f" {look.shown(words)}"
            room = columns.line - sum(cell_len(text) for text, _ in spans)
            told = told if cell_len(told) <= room else set_cell_size(told, room - 1) + "…"
            spans.append((told, "dim" if style in ("good", "busy") else style))
            break
        text, of = (f"{glyph} {word}{warned}".strip(), style) if name == "word" else _cell(name, item, look, columns)
        spans.append((aligned(name, text, width), of))
    return tuple(spans)


def _title(item: Item, columns: Columns, look: Look) -> str:
    text = look.shown(titled(item))
    seed = "" if "seed" in columns or not item.seed else f" {re.sub(r'seed (?=[0-9])', 's', item.seed)}"
    seed = seed if len(seed) < columns.title else ""
    return set_cell_size(shortened(text, max(1, columns.title - len(seed))) + seed, columns.title)


def _state(runs: Sequence[Held], look: Look) -> tuple[str, str, str]:
    """Glyph, word and style of a run, or of several: one word where they agree, else how many there are of each."""
    told = [_word(each.run, look) for each in runs]
    if len(set(told)) == 1:
        return told[0]
    parts = [text.replace(" ", "") for text, _ in counts([each.run for each in runs], look, words=False)]
    numbers, room = " ".join(filter(None, parts)), COLUMNS["word"][1] - 4
    while cell_len(numbers) > room:
        numbers = numbers.removesuffix(" …").rpartition(" ")[0] + " …"
    glyph, _, style = _word(min(runs, key=lambda each: (each.urgency, each.figures.state)).run, look)
    return glyph, numbers, style


def _word(run: Snapshot, look: Look) -> tuple[str, str, str]:
    if run.problem:
        return look.state("failed"), "broken", "bad"
    word = run.status.word
    if run.status.held and word == "queued":
        return look.state(word), "held", STATE_STYLES[word]
    return look.state(word), _SHORT.get(word, word), "watch" if _went_wrong(run) else STATE_STYLES[word]


def _went_wrong(run: Snapshot) -> bool:
    """Whether a run came to its end, and nothing came of it: its state alone would not say so."""
    return run.status.word == "finished" and diverged(run) is not None


def _words(run: Snapshot, columns: Columns) -> tuple[str, str]:
    """What is said of a run in place of figures that it has not, and from which column on; empty for nothing."""
    names = [name for name, _ in columns.widths]
    # That it is held, and nothing else, is its word, where that has a column.
    reason = "" if run.status.reason == "held" and columns.head != 3 else unhashed(run.status.reason)
    if run.problem:
        return problem_in_words(run), next((n for n in names if n in ("bar", "epoch")), "")
    if not run.epochs:
        told = run.stage or (reason if run.status.word in (*DEPENDENT, "queued") else "")
        if told and not run.stage and columns.head == 3:
            told = f"{run.status.word} {told}"
        return told, next((n for n in names if n in ("bar", "epoch")), "")
    if not reason or (run.status.word in ("finished", "running", "starting") and not run.status.is_mute):
        return "", ""
    giving = [(name, wide) for name, wide in columns.widths if name in _GIVING_WAY]
    return (reason, giving[0][0]) if sum(wide for _, wide in giving) >= _WORDS else ("", "")


def _cell(name: str, item: Item, look: Look, columns: Columns) -> Span:
    """The text of a column, and its style."""
    width = dict(columns.widths)[name]
    match name:
        case "seed":
            return item.seed, "dim"
        case "epoch":
            return epochs(item), ""
        case "bar":
            done, planned = _position(item)
            return _bar(done / planned if planned else 0.0, COLUMNS["bar"][1] - 1), _state(item.runs, look)[2]
        case "spark":
            return sparkline(_curve(item), _position(item)[1], width - 1), "dim"
        case "level":
            level = _level(item)
            return look.level(level), LEVEL_STYLES[level]
        case "started":
            return moment(item.figures.started if item.figures else None, columns.today), "dim"
        case "took":
            return span(item.figures.took if item.figures else None, width - 1), "dim"
    text = _of_over(name, item.over) if item.over else _of_run(name, item.runs[0])
    if name in AVERAGED and width > COLUMNS[name][1] and not item.over:
        text += " " * (width - COLUMNS[name][1])
    style = "dim" if name in ("lr", "speed") else ""
    return text, LEVEL_STYLES[_level(item)] if name in ("gap", "clean") else style


def _of_run(name: str, held: Held) -> str:
    last, run, room = held.run.last, held.run, COLUMNS[name][1] - 1
    match name:
        case "test":
            return percentage(last.test_acc if last else None, room)
        case "best":
            return percentage(held.reading.best, room)
        case "gap":
            return tenths(held.reading.gap_trained, room)
        case "clean":
            return tenths(held.reading.gap_clean, room)
        case "lr":
            return small(last.lr if last else None, room)
        case "speed":
            return pace(last.images_per_second if last else None, room)
    return span(run.seconds_left, room) if run.status.word in HELD else ""


def _of_over(name: str, over: Over) -> str:
    room = COLUMNS[name][1] - 1
    match name:
        case "test":
            return _mean(over.test, percentage, room)
        case "best":
            return _mean(over.best, percentage, room)
        case "gap":
            return tenths(over.gap.mean if over.gap else None, room)
        case "clean":
            return _mean(over.gap_clean, tenths, room)
        case "left":
            left = [run.seconds_left for run in over.runs if run.status.word in HELD]
            return span(max((s for s in left if s is not None), default=None), room) if left else ""
    return ""


def _mean(value: Spread | None, told: Callable[[float | None, int], str], room: int) -> str:
    if value is None:
        return "-" + " " * DEVIATION
    text = told(value.mean, room)
    if value.std is None or not math.isfinite(value.std):
        return text + " " * DEVIATION
    return f"{text} {deviation(value.std, DEVIATION - 1):<{DEVIATION - 1}}"


def moment(time: float | None, today: date) -> str:
    """When something was: `12:45` of today, `27 Nov` of this year, `Nov 2024` of another."""
    if time is None:
        return "-"
    then = datetime.fromtimestamp(time)
    if then.date() == today:
        return f"{then:%H:%M}"
    return f"{then.day} {then:%b}" if then.year == today.year else f"{then:%b %Y}"


def _position(item: Item) -> tuple[float, int]:
    """How many epochs are done, the present one's part with them, and how many there are to do."""
    planned = max((each.run.planned for each in item.runs), default=0)
    return (item.over.epoch if item.over else item.runs[0].run.position), planned


def _curve(item: Item) -> Sequence[float | None]:
    return item.over.curve if item.over else by_epoch(item.runs[0].run)


def _level(item: Item) -> Level:
    """The gap's level: of a setting the worst of its runs'."""
    return min((each.reading.level for each in item.runs), key=_LEVELS.index, default="unknown")


def _bar(part: float, width: int) -> str:
    """`part` of a bar, to half a cell."""
    halves = min(2 * width, round(part * 2 * width))
    return "━" * (halves // 2) + "╸" * (halves % 2)


def _group_line(item: Item, columns: Columns, look: Look) -> Line:
    """A group: its name, how its runs stand, and about how long it will take."""
    runs = [each.run for each in item.runs]
    widths = dict(columns.widths)
    before = columns.head + columns.title + widths.get("seed", 0)
    title = look.shown(f"{'▾' if item.open else '▸'} {item.title}")
    end = sum(widths.values()) - widths.get("spark", 0) + columns.head + columns.title
    states = counts(runs, look, words=False)
    taken = sum(cell_len(text) for text, _ in states)
    left = f"~{duration(seconds)}" if "left" in columns and (seconds := time_left(runs)) else ""
    at = before + 1 if columns.head == 2 else 0
    room = max(8, end - taken - len(left) - 4)
    title = shortened(title, room)
    space = max(2, at - cell_len(title))
    filled = max(1, end - cell_len(title) - space - taken - len(left))
    return ((title, "bold"), (" " * space, ""), *states, (" " * filled, ""), (left, "dim"))


def time_left(runs: Sequence[Snapshot]) -> float | None:
    """About how long a group will take, seconds: what is left of its runs, so many at a time as are now at work.

    A run that has not begun is taken to need as long as those at work do; one that is held does not begin by itself.
    None while none is at work.
    """
    paces = [pace for run in runs if run.status.word in HELD and (pace := run.seconds_per_epoch) is not None]
    if not paces:
        return None
    pace = sum(paces) / len(paces)
    due = [run for run in runs if run.status.word in ("queued", "waiting") and not run.status.held]
    open_runs = [*(run for run in runs if run.status.word in HELD), *due]
    work = sum((run.seconds_per_epoch or pace) * (run.planned - run.position) for run in open_runs)
    longest = max(run.seconds_left or 0.0 for run in open_runs if run.status.word in HELD)
    return max(longest, work / len(paces))
