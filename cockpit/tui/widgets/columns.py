"""The columns of the sessions table: which there are, which stay when it gets narrow, and their headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from rich.cells import cell_len, set_cell_size

from cockpit.insight.arrangement import Item
from cockpit.tui.look import Line, Span

#: Column -> (heading, width with the space before it). Those in LEFT_ALIGNED are on the left of their cells.
COLUMNS: dict[str, tuple[str, int]] = {
    "seed": ("", 9),
    "word": ("state", 12),
    "bar": ("epoch", 11),
    "epoch": ("", 8),
    "test": ("test", 7),
    "best": ("best", 7),
    "level": ("", 4),
    "gap": ("gap", 6),
    "clean": ("clean", 6),
    "started": ("started", 9),
    "took": ("took", 8),
    "lr": ("lr", 6),
    "speed": ("img/s", 7),
    "left": ("left", 7),
    "spark": ("", 9),
}
LEFT_ALIGNED = ("seed", "word", "bar", "level", "spark")
#: What leaves first when there is no room, each for a title of so many cells at most: a name cut in two tells less
#: than the rate does, but not less than the best figure. `seed` leaves into the title, `word` before it, as a glyph.
LEAVING = {
    "started": 40,
    "took": 40,
    "spark": 40,
    "speed": 40,
    "lr": 40,
    "gap": 36,
    "bar": 30,
    "word": 30,
    "seed": 24,
    "left": 20,
    "best": 16,
    "level": 12,
    "test": 8,
}
#: What a list can be sorted by -> the columns that show it; of these the first that is there has the caret.
SORTED_BY = {
    "name": (),
    "state": ("word",),
    "epoch": ("bar", "epoch"),
    "test": ("test",),
    "best": ("best",),
    "gap": ("gap",),
    "clean": ("clean",),
    "started": ("started",),
    "took": ("took",),
    "lr": ("lr",),
    "speed": ("speed",),
    "left": ("left",),
}
#: The widest title and the widest sparkline, however much room there is.
TITLE_MOST, SPARK_MOST = 60, 25
#: How much wider a mean is with its deviation: ` ±1.23`.
DEVIATION = 6
AVERAGED = ("test", "best", "clean")


class Columns(Struct, frozen=True):
    """The columns that fit with their widths, that of the title before them, and that of the whole line.

    `today` is the day on which a time of day is enough to tell a moment.
    """

    widths: tuple[tuple[str, int], ...]
    title: int
    line: int
    today: date

    def __contains__(self, name: str) -> bool:
        return any(name == held for held, _ in self.widths)

    @property
    def head(self) -> int:
        """The cells before the title: for a mark, and for the state's glyph where its word has left."""
        return 2 if "word" in self else 3


def fitting(width: int, items: Sequence[Item], today: date) -> Columns:
    """All columns if the longest title fits beside them, else without those that leave first."""
    longest = max((cell_len(titled(item)) for item in items), default=0)
    widths = {name: wide for name, (_, wide) in COLUMNS.items()}
    for name, told in (("epoch", epochs), ("seed", lambda item: item.seed)):
        widths[name] = max(widths[name], max((len(told(item)) + 1 for item in items), default=0))
    if any(item.over for item in items):
        widths |= {name: widths[name] + DEVIATION for name in AVERAGED}
    needed, head = max(12, longest), 2
    # Of the gaps the one that is measured stays; of both the clean one, by which the level goes.
    staying = {"gap": "clean"} if _is_as_trained(items) else {}
    for column, most in LEAVING.items():
        leaving = staying.get(column, column)
        if width - head - sum(widths.values()) < min(needed, most):
            del widths[leaving]
            # The seed moves into the title, as in `rkd s0`.
            needed += 4 * (leaving == "seed")
            head += leaving == "word"
    room = width - head - sum(widths.values())
    title = max(1, min(needed, TITLE_MOST, room))
    if "spark" in widths:
        widths["spark"] = min(SPARK_MOST, widths["spark"] + room - title)
    return Columns(tuple(widths.items()), title, width, today)


def _is_as_trained(items: Sequence[Item]) -> bool:
    """Whether all that is known of gaps is the one as trained."""
    if any(each.figures.clean is not None for item in items for each in item.runs):
        return False
    return any(each.figures.gap is not None for item in items for each in item.runs)


def titled(item: Item) -> str:
    """A row's title, moved in below what it belongs to."""
    return ("▾ " if item.open else "▸ ") + item.title if item.over else "  " * item.depth + item.title


def epochs(item: Item) -> str:
    """Epochs done, of those planned."""
    done = max((each.run.epoch for each in item.runs), default=0)
    if item.over and item.over.counted:
        done = item.over.epoch
    planned = max((each.run.planned for each in item.runs), default=0)
    return f"{done}/{planned or '?'}"


def sortable(columns: Columns) -> list[str]:
    """What the list can be sorted by where these columns are seen; empty for what is wrong first."""
    return ["", "name", *(by for by, shown in SORTED_BY.items() if any(name in columns for name in shown))]


def headings(columns: Columns, first: str, sort: str, *, turned: bool) -> Line:
    """The line above the rows; the column that they are sorted by has a caret."""
    caret = "▴" if turned else "▾"
    first = f"{first} {caret}" if sort == "name" else first
    by = next((name for name in SORTED_BY.get(sort, ()) if name in columns), "")
    spans: list[Span] = [(" " * columns.head, ""), (set_cell_size(first, columns.title), "dim")]
    for name, width in columns.widths:
        text = _heading(name, columns)
        if name in AVERAGED and width > COLUMNS[name][1]:
            text = text.ljust(len(text) + DEVIATION)
        if name != by:
            spans.append((aligned(name, text, width), "dim"))
        elif name in LEFT_ALIGNED:
            spans.append((aligned(name, text + caret, width), "here"))
        else:  # The caret stands where the space before it was: it is the block that tells the columns apart.
            spans.append((f"{caret + text:>{width}}", "here"))
    return tuple(spans)


def _heading(name: str, columns: Columns) -> str:
    return "epoch" if name == "epoch" and "bar" not in columns else COLUMNS[name][0]


def aligned(name: str, text: str, width: int) -> str:
    """A cell's text in its width, a space before it. Words may be cut, and say so; figures come as they fit."""
    room = width - 1
    text = set_cell_size(text, room - 1) + "…" if cell_len(text) > room else text
    space = " " * (room - cell_len(text))
    return f" {text}{space}" if name in LEFT_ALIGNED else f" {space}{text}"


def unhashed(text: str) -> str:
    """A text without the six digits that end the names of run folders."""
    return re.sub(r"-[0-9a-f]{6}(?![\w.-])", "", text)
