"""The one error a person caused and can mend: it names the file, the key and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something in the input is wrong. Shown as a few lines, never as a traceback.

    `where` is a file, a folder or an option; `key` a dotted path inside it; `problem` says what is
    wrong and `remedy` what to do about it.
    """

    def __init__(self, where: object, key: str, problem: str, remedy: str) -> None:
        self.where, self.key, self.problem, self.remedy = str(where), key, problem, remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        """Two lines: what is wrong where, and what to do."""
        place = f"{self.where}: {self.key}" if self.key else self.where
        return f"{place}: {self.problem}\n  {self.remedy}"


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy naming the known word nearest to `word`, or all of them when none is near."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else "known are: " + ", ".join(known)
