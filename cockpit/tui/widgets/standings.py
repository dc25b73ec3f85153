"""What the comparison says in words beside its charts: who is who, the values at an epoch, settings, the verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from cockpit.insight.compare import MEASURES, TEST, Comparison, Contender, Measure, ranked, standings, tested
from cockpit.insight.differences import Row
from cockpit.insight.footing import even, held_back
from cockpit.insight.format import counted, within
from cockpit.insight.report import written
from cockpit.insight.table import Spread
from cockpit.insight.verdict import Sentence
from cockpit.tui.look import STATE_STYLES, Line, Look, Span, shortened
from cockpit.tui.widgets.series import pen
from engine.contract.cleaning import clean
from engine.contract.stream import Epoch

#: Up to so many contenders stand in columns beside one another, more in rows below one another.
MOST_COLUMNS = 2
#: Screens of fewer lines than this are low, and of more than that are high.
LOW, HIGH = 30, 44
#: The cells of rank and letter, and of a measure's name; the least and the most of a difference.
_RANK, _MEASURE, _LEAD, _LONG_LEAD = 7, 13, 8, 10
#: The least cells of a figure.
_FIGURE = 8
#: Where the texts of the settings begin.
SETTING = 17
#: The width of a column of settings.
COLUMN = 9
#: The epochs in a setting's course, which give way where there is no room for them.
_EPOCHS = re.compile(r"@\d+")
#: Values up to so long stand behind one another, as many as fit a line.
_SHORT = 12
#: Measures that give way to others where there is no room for all.
_MINOR = ("as trained", "gap", "test loss")


def glyph(i: int, look: Look) -> str:
    """The mark of a contender's curve."""
    return pen(i).glyph if look.unicode else pen(i).ascii


def who(comparison: Comparison, look: Look, differing: int) -> Line:
    """Each contender's letter, mark, name and state, the baseline, and how many settings differ."""
    spans: list[Span] = [(" ", "")]
    for i, one in enumerate(comparison.contenders):
        word = one.runs[0].status.word
        state = look.state(word) if word != "finished" else ""
        marked = len(one.runs) + len(one.left_out)
        seeds = f"{len(one.runs)} seeds" if len(one.runs) > 1 else ""
        seeds = f"{len(one.runs)} of {marked} seeds" if one.left_out else seeds
        spans += [(f"{one.letter} {glyph(i, look)} ", pen(i).style), (clean(one.label), "")]
        if seeds:
            # The only line that is seen at every size says why there is so little to see.
            why = f", {behind}" if (behind := held_back(one)) else ""
            spans += [(f" ({seeds}", ""), (why, "watch"), (")", "")]
        spans.append((" ", ""))
        spans += [(f"{state} ", STATE_STYLES[word])] if state else []
        spans.append(("  ", ""))
    spans.append((f"baseline {comparison.base.letter}", "bold"))
    spans.append((f"   {counted(differing, 'setting')} {'differs' if differing == 1 else 'differ'}", "dim"))
    return tuple(spans)


def at_epoch(
    comparison: Comparison, measure: Measure, epoch: int, width: int, look: Look, *, height: int
) -> list[Line]:
    """The values at an epoch: of two in columns with the difference, of more, or where it is low, in rows by rank."""
    if len(comparison.contenders) <= MOST_COLUMNS and height >= LOW:
        return _columns(comparison, measure, epoch, width, every=height >= HIGH)
    return _rows(comparison, measure, epoch, width, look)


def _columns(comparison: Comparison, measure: Measure, epoch: int, width: int, *, every: bool) -> list[Line]:
    """A row a measure, the minor ones only where there is room for every one of them."""
    contenders = comparison.contenders
    other = 1 - comparison.baseline if len(contenders) > 1 else 0
    rows: list[tuple[str, list[str], str, bool]] = []
    for each in MEASURES.values():
        stand = standings(comparison, each, epoch)
        shown = every or each is measure or each.name not in _MINOR or _only(comparison, each, epoch)
        if shown and (any(one.value for one in stand) or each is TEST):
            texts = [written(one.value, each) for one in stand]
            rows.append((each.name, texts, each.difference(stand[other].difference), each is measure))
    for name, epochs in (("best", [one.best for one in contenders]), ("last", [one.last for one in contenders])):
        values = [tested(found) for found in epochs]
        texts = [_with_epoch(value, found) for value, found in zip(values, epochs, strict=True)]
        lead = ranked(values, comparison.baseline, TEST)[other].difference
        # What was cut off at unlike epochs is no difference of settings.
        rows.append((name, texts, TEST.difference(lead) if even(comparison) else "", False))
    wide = _lead_size([difference for _, _, difference, _ in rows])
    size = 2 + max(cell_len(text) for _, texts, _, _ in rows for text in texts)
    size = max(_FIGURE, min(size, (width - max(len(f" at epoch {epoch}"), _MEASURE) - wide) // len(contenders)))
    pair = f"{contenders[other].letter}-{comparison.base.letter}"
    heads = [(f"{one.letter:>{size}}", pen(i).style) for i, one in enumerate(contenders)]
    begin = f" at epoch {epoch}"
    lines: list[Line] = [((f"{begin:<{_MEASURE}}", "title"), *heads, (f"{pair:>{wide}}", "dim"))]
    for name, texts, difference, here in rows:
        spans = [(f"{within(text, size - 1):>{size}}", "") for text in texts]
        told = f" {name}".ljust(max(len(begin), _MEASURE))
        lines.append(((told, "bold" if here else "dim"), *spans, (f"{within(difference, wide - 1):>{wide}}", "bold")))
    return lines


def _lead_size(differences: Sequence[str]) -> int:
    """The cells of a column of differences, a space before each among them."""
    return min(_LONG_LEAD, max(_LEAD, *(1 + len(text) for text in differences)))


def _only(comparison: Comparison, measure: Measure, epoch: int) -> bool:
    """Whether a gap as trained stands for a clean one that nobody has."""
    clean_gap = MEASURES["clean gap"]
    return measure.name == "gap" and all(one.mean(clean_gap, epoch) is None for one in comparison.contenders)


def _with_epoch(value: Spread | None, epochs: Sequence[Epoch]) -> str:
    """A figure with the epoch it is of, where it is of one."""
    if value is None or len(epochs) != 1:
        return written(value, TEST)
    return f"{TEST.write(value.mean)}@{epochs[0].epoch}"


def _rows(comparison: Comparison, measure: Measure, epoch: int, width: int, look: Look) -> list[Line]:
    """A row a contender, the first at this epoch on top; further figures where there is room."""
    stand = standings(comparison, measure, epoch)
    order = sorted(range(len(stand)), key=lambda i: (stand[i].rank is None, stand[i].rank or 0, i))
    texts = [written(each.value, measure) for each in stand]
    leads = [
        "base" if i == comparison.baseline else measure.difference(each.difference) for i, each in enumerate(stand)
    ]
    begin, wide = f" at epoch {epoch} ", _lead_size(leads)
    least = len(begin) - _RANK
    size = max(len(measure.name), *map(cell_len, texts)) + 2
    size = max(len(measure.name) + 2, min(size, max(_FIGURE, width - _RANK - least - wide)))
    longest = max(least, *(cell_len(one.label) for one in comparison.contenders))
    label = max(least, min(longest, width - _RANK - size - wide))
    extra = _extra(comparison, measure, epoch, width - _RANK - label - size - wide)
    heads = f"{measure.name:>{size}}{f'to {comparison.base.letter}':>{wide}}"
    heads += "".join(f"{name:>{cells}}" for name, cells in extra)
    lines: list[Line] = [((f"{begin:<{_RANK + label}}", "title"), (heads, "dim"))]
    for i in order:
        one, each = comparison.contenders[i], stand[i]
        lines.append(
            (
                (f" {each.rank or '-':>2} ", "bold" if each.rank == 1 else "dim"),
                (f"{one.letter}{glyph(i, look)} ", pen(i).style),
                (set_cell_size(shortened(clean(one.label), label), label), ""),
                (f"{within(texts[i], size - 1):>{size}}", "bold" if each.rank == 1 else ""),
                (f"{within(leads[i], wide - 1):>{wide}}", "dim" if i == comparison.baseline else ""),
                *((f"{_further(one, name, epoch):>{cells}}", "dim") for name, cells in extra),
            )
        )
    return lines


def _extra(comparison: Comparison, measure: Measure, epoch: int, room: int) -> list[tuple[str, int]]:
    """Which further columns there is room for, and how wide each is."""
    found: list[tuple[str, int]] = []
    for name in ("best", "last", *MEASURES):
        known = name in ("best", "last") or any(
            one.mean(MEASURES[name], epoch) is not None for one in comparison.contenders
        )
        size = 2 + max(len(name), *(len(_further(one, name, epoch)) for one in comparison.contenders))
        if known and name != measure.name and size <= room:
            found.append((name, size))
            room -= size
    return found


def _further(one: Contender, name: str, epoch: int) -> str:
    if name in MEASURES:
        return MEASURES[name].write(one.mean(MEASURES[name], epoch))
    epochs = one.best if name == "best" else one.last
    value = tested(epochs)
    return _with_epoch(value, epochs) if len(epochs) == 1 else TEST.write(value.mean if value else None)


def settings(comparison: Comparison, rows: Sequence[Row], width: int) -> list[Line]:
    """The settings: a row with a column each where that fits, else a line a value below the name."""
    name = max((len(row.name) + 2 for row in rows), default=SETTING)
    columns = [set_cell_size(one.letter, COLUMN) for one in comparison.contenders]
    heads: Line = ((" " * name, ""), *((text, pen(i).style) for i, text in enumerate(columns)))
    lines: list[Line] = []
    for row in rows:
        texts = [clean(text) for text in row.texts]
        shorter = [_EPOCHS.sub("", text) for text in texts]
        fitting = next((told for told in (texts, shorter) if _fits(told, width - name)), None)
        style = "bold" if row.differs else "dim"
        if not row.differs:
            lines.append(((f" {row.name:<{name - 1}}", style), (texts[0], "dim")))
        elif fitting is None:
            lines += _stacked(comparison, row, width - name, name)
        else:
            cells = [(set_cell_size(text, COLUMN), "") for text in fitting[:-1]]
            lines.append(((f" {row.name:<{name - 1}}", style), *cells, (fitting[-1], "")))
    return [heads, *lines] if width >= name + COLUMN * len(columns) else lines


def _fits(texts: Sequence[str], room: int) -> bool:
    """Whether each text has its column, of which the last may be as wide as there is room."""
    before = texts[:-1]
    return all(cell_len(text) < COLUMN for text in before) and cell_len(texts[-1]) <= room - COLUMN * len(before)


def _stacked(comparison: Comparison, row: Row, room: int, name: int) -> list[Line]:
    """One setting whose values do not fit beside one another: who shares a value shares a line."""
    holders: dict[str, list[str]] = {}
    for one, text in zip(comparison.contenders, row.texts, strict=True):
        holders.setdefault(clean(text), []).append(one.letter)
    if len(holders) > 2 and all(cell_len(text) <= _SHORT for text in holders):
        flow: list[Span] = [(f" {row.name:<{name - 1}}", "bold")]
        for text, letters in holders.items():
            flow += [(f"{' '.join(letters)}:", "dim"), (f"{text}  ", "")]
        return [tuple(flow)]
    names = [row.name] + [""] * (len(holders) - 1)
    told = [(first, " ".join(letters), text) for first, (text, letters) in zip(names, holders.items(), strict=True)]
    return [
        (
            (f" {first:<{name - 1}}", "bold"),
            (f"{who}  ", "dim"),
            (text if cell_len(text) <= room - len(who) - 2 else _EPOCHS.sub("", text), ""),
        )
        for first, who, text in told
    ]


def verdict(said: Sequence[Sentence]) -> list[Line]:
    """A line for each sentence, the answer in full, its limits faint."""
    return [((f" {each.about}: ", "bold" if i < 2 else "dim"), (clean(each.text), "")) for i, each in enumerate(said)]
