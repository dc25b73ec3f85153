"""How things look: glyphs with their ASCII stand-ins, and styles by name. Colour only adds to a glyph or word."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from msgspec import Struct, structs
from rich.cells import cell_len, set_cell_size
from rich.style import Style

from cockpit.insight.gap import Level
from cockpit.status import GLYPHS, Word

#: A piece of text and the name of its style; a line is several.
Span = tuple[str, str]
Line = tuple[Span, ...]

#: The terminal's own sixteen colours: few bytes, and at home in any theme.
STYLES: dict[str, Style] = {
    "": Style(),
    "dim": Style(dim=True),
    "bold": Style(bold=True),
    "title": Style(bold=True),
    "axis": Style(dim=True),
    "event": Style(dim=True),
    "cursor": Style(bold=True),
    "good": Style(color="green"),
    "busy": Style(color="cyan"),
    "watch": Style(color="yellow"),
    "warn": Style(color="yellow", bold=True),
    "bad": Style(color="red", bold=True),
    "test": Style(color="cyan"),
    "clean": Style(color="yellow"),
    "trained": Style(color="magenta"),
    "node": Style(color="blue", dim=True),
    "plan": Style(dim=True),
    "here": Style(bold=True, reverse=True),
    "series1": Style(color="cyan"),
    "series2": Style(color="yellow"),
    "series3": Style(color="magenta"),
    "series4": Style(color="green"),
    "series5": Style(color="blue", bold=True),
    "series6": Style(color="red"),
}


class Theme(Struct, frozen=True):
    """Styles that differ from STYLES, and what they are good for."""

    about: str
    styles: dict[str, Style]

    def style(self, name: str) -> Style:
        """The style of a name; `NAME faint` is for what lies behind a curve: its raw values, the band around it."""
        name, _, faint = name.partition(" ")
        style = self.styles.get(name) or STYLES[name]
        return style + Style(dim=True) if faint else style


def _coloured(good: str, busy: str, watch: str, bad: str, clean: str, trained: str, node: str) -> dict[str, Style]:
    return {
        "good": Style(color=good),
        "busy": Style(color=busy),
        "watch": Style(color=watch),
        "warn": Style(color=watch, bold=True),
        "bad": Style(color=bad, bold=True),
        "test": Style(color=busy),
        "clean": Style(color=clean),
        "trained": Style(color=trained),
        "node": Style(color=node, dim=True),
    }


def _series(*colours: str) -> dict[str, Style]:
    return {f"series{number}": Style(color=colour) for number, colour in enumerate(colours, 1)}


def _palette(*numbers: int) -> list[str]:
    return [f"color({number})" for number in numbers]


#: Theme -> its styles. The numbers are of the 256 colours that terminals share.
THEMES: dict[str, Theme] = {
    "terminal": Theme("The terminal's own sixteen colours", {}),
    # Okabe and Ito's set, told apart under the common kinds of colour blindness: https://jfly.uni-koeln.de/color/
    "colour-blind": Theme(
        "Blue, orange and yellow; no red against green",
        _coloured(*_palette(32, 74, 220, 166, 214, 175, 36)) | _series(*_palette(74, 214, 175, 36, 220, 166)),
    ),
    "light": Theme(
        "Darker colours, for a light background",
        _coloured(*_palette(28, 25, 130, 124, 94, 90, 25)) | _series(*_palette(25, 94, 90, 28, 17, 124)),
    ),
    "plain": Theme(
        "No colour: bold, dim and underlined",
        {name: Style(bold=style.bold, dim=style.dim, underline=name == "bad") for name, style in STYLES.items()}
        | {"here": Style(bold=True, reverse=True)},
    ),
}
STATE_STYLES: dict[Word, str] = {
    "queued": "dim",
    "waiting": "dim",
    "blocked": "watch",
    "starting": "busy",
    "running": "busy",
    "silent": "watch",
    "stopping": "watch",
    "stopped": "watch",
    "finished": "good",
    "failed": "bad",
    "out-of-memory": "bad",
    "lost": "bad",
    "unknown": "watch",
}
LEVEL_STYLES: dict[Level, str] = {
    "ok": "dim",
    "watch": "",
    "warn": "watch",
    "critical": "bad",
    "unknown": "dim",
}
_LEVEL_MARKS: dict[Level, int] = {"ok": 0, "watch": 1, "warn": 2, "critical": 3, "unknown": 0}
#: Glyph -> what stands for it where only ASCII can be shown.
_ASCII = str.maketrans(
    {
        "…": "~", "›": ">", "▲": "!", "━": "=", "╸": "-", "─": "-", "│": "|", "┊": ":", "╎": "'", "┤": "+",
        "└": "+", "┬": "+", "·": "-", "★": "@", "◆": "x", "○": "o", "■": "#", "␛": "?", "✗": "x", "◂": "<", "▸": ">",
        "↑": "^", "←": "<", "→": ">", "⏎": "<", "●": "*", "↓": "v", "╌": "-", "×": "X", "±": "~", "▾": "v", "▴": "^",
        "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#",
        "┆": ";", "║": "H", "┇": "!", "╏": "!", "├": "+", "↻": "r", "░": ".", "▒": ":", "▓": "%",
    }
)  # fmt: skip


class Look(Struct, frozen=True):
    """What the terminal can show: everything, or ASCII alone; and in which theme."""

    unicode: bool = True
    theme: str = "terminal"

    def style(self, name: str) -> Style:
        """The style of a name in this theme."""
        return THEMES[self.theme].style(name)

    def state(self, word: Word) -> str:
        """The glyph of a state."""
        return GLYPHS[word][0 if self.unicode else 1]

    def level(self, level: Level) -> str:
        """The glyphs of a gap's level, none when it is ok."""
        return self.shown("▲" * _LEVEL_MARKS[level])

    def shown(self, text: str) -> str:
        """One line of text as this terminal can show it."""
        text = text.replace("\n", "␊" if self.unicode else " ").replace("\t", " ")
        if self.unicode:
            return text
        # ASCII's plus-minus is two characters: they take the space's place, so that columns stay where they are.
        return text.replace(" ±", "+-").translate(_ASCII).encode("ascii", "replace").decode()


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` cells, cut in the middle: names that begin alike differ at their ends."""
    if cell_len(text) <= width:
        return text
    if width < 6:
        return set_cell_size(text, max(0, width - 1)) + "…"
    head = (width - 1) // 3
    end = text
    while cell_len(end) > width - 1 - head:
        end = end[1:]
    return set_cell_size(text, head) + "…" + end


def look_of(environment: Mapping[str, str], encoding: str) -> Look:
    """What the environment says the terminal can show.

    Python itself sets LC_CTYPE=C.UTF-8 when it is started under LANG=C (PEP 538), so that value is evidence
    of nothing; with no locale named at all, the encoding of the output decides.
    """
    coerced = environment.get("LC_CTYPE", "") in ("C.UTF-8", "C.utf8", "UTF-8")
    names = (environment.get("LC_ALL"), None if coerced else environment.get("LC_CTYPE"), environment.get("LANG"))
    name = next((n for n in names if n), encoding)
    return Look("utf" in name.lower())


def terminal_look() -> Look:
    """What this process's terminal can show."""
    return look_of(os.environ, sys.__stdout__.encoding if sys.__stdout__ else "utf-8")


def worn(look: Look, theme: str) -> Look:
    """The look in this theme; one that is not known is the terminal's own."""
    return structs.replace(look, theme=theme if theme in THEMES else "terminal")
