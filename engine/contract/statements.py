"""TOML read fast where it is written a statement a line, as ours is: each line is read once, in however many files.

A thousand run folders of one preset differ in a handful of lines, and Python's own reader takes a millisecond a file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_TABLE = re.compile(r"\[([A-Za-z0-9_-]+)\]")
_STATEMENT = re.compile(r'([A-Za-z0-9_-]+|"[^"\\]*") = ')


def loads(text: str) -> dict[str, Any]:
    """As tomllib.loads, for any TOML. Lists and tables within may be shared with other files: not to be changed.

    Raises:
        tomllib.TOMLDecodeError: it is none.
    """
    tree = _by_lines(text)
    return tomllib.loads(text) if tree is None else tree


def _by_lines(text: str) -> dict[str, Any] | None:
    """The tables of a text whose every statement begins a line and is understood alone; None for any other."""
    if '"""' in text or "'''" in text:
        return None
    tree: dict[str, Any] = {}
    table = tree
    lines = iter(text.split("\n"))
    for line in lines:
        if line[:1] == "[" and (head := _TABLE.fullmatch(line)):
            if head[1] in tree:
                return None
            table = tree[head[1]] = {}
        elif line:
            whole = line + "".join(f"\n{more}" for more in _to_end(lines)) if line.endswith(" = [") else line
            statement = _statement(whole)
            if statement is None or statement[0] in table:
                return None
            table[statement[0]] = statement[1]
    return tree


def _to_end(lines: Iterator[str]) -> Iterator[str]:
    """The lines of a list, to the one that closes it."""
    for line in lines:
        yield line
        if line == "]":
            return


@lru_cache(maxsize=1 << 13)
def _statement(text: str) -> tuple[str, Any] | None:
    """The key and value that a whole statement sets; None when it is not one, or not for us to tell."""
    if not _STATEMENT.match(text):
        return None
    try:
        [(key, value)] = tomllib.loads(text).items()
    except ValueError:  # Broken, or more than one.
        return None
    return key, value
