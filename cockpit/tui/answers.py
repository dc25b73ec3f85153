"""What came of a key that asks something of runs, in words that one says where there are keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from cockpit import asking
from cockpit.insight.format import counted
from cockpit.snapshot import Snapshot
from cockpit.status import Status, Word
from engine.contract.cleaning import reason

#: Asks it of a run's folder that stands so; what came of it, empty where it was left as it is.
Ask: TypeAlias = Callable[[Path, Status], str]
#: What came of a key, of several runs at once.
_OF_SEVERAL = {
    "stops after its epoch": "stop after their epoch",
    "saves and stops": "save and stop",
    "goes on once it has stopped": "go on once they have stopped",
    "held; h releases it": "held; h releases them",
    "put away; archived:yes shows it": "put away; archived:yes shows them",
}
#: What the shell has commands for -> the key that does it here.
_KEY_OF = {"cockpit resume": "R", "cockpit retry": "R", "cockpit queue release": "h", "cockpit stop": "s"}


class Answers(Struct, frozen=True):
    """Of these `runs`, marked or under the cursor: what came of it, how those stand that were left, what failed."""

    runs: Sequence[Snapshot]
    marked: bool
    came: Counter[str]
    left: list[Word]
    wrong: list[str]

    @classmethod
    def of(cls, runs: Sequence[Snapshot], ask: Ask, others: Sequence[Word] = (), *, marked: bool = False) -> Answers:
        """Ask each, on disks and of schedulers that may be slow; `others` were not asked, and are as they were."""
        came: Counter[str] = Counter()
        left, wrong = list(others), []
        for run in runs:
            try:
                status = asking.standing_of(run.path)
                if told := ask(run.path, status):
                    came[_with_keys(told)] += 1
                else:
                    left.append(status.word)
            except Exception as error:  # What became of the others is told all the same, and they have their queue.
                told = _with_keys(reason(error))
                wrong.append(f"{run.label}: that cannot be asked of it: {told}")
        return cls(runs, marked, came, left, wrong)

    def told(self, verb: str) -> str:
        """What came of it, with how many runs it came of; empty where all went wrong."""
        if not self.came:
            here = [run for run in self.runs if not run.imported]
            words = [*("imported" for run in self.runs if run.imported), *(self.left if here else ())]
            return nothing_to(verb, words, len(self.runs), marked=self.marked) if self.left else ""
        if len(self.runs) == 1 and not self.left:
            return f"{self.runs[0].label}: {next(iter(self.came))}."
        told = [f"{n} {text if n == 1 else _OF_SEVERAL.get(text, text)}" for text, n in self.came.items()]
        if self.left:
            told.append(f"{len(self.left)} left as {'it is' if len(self.left) == 1 else 'they are'}")
        number = counted(self.came.total() + len(self.left), "marked run" if self.marked else "run")
        return f"Of {number}: {'; '.join(told)}."


def nothing_to(verb: str, words: Sequence[str], count: int, *, marked: bool) -> str:
    """Why a key does nothing to so many runs: how they stand, in `words`.

    That they are the marked ones is said, for the cursor may be on another.
    """
    which = "the marked run is" if marked else "the run is"
    if count > 1:
        which = f"the {count} marked runs are" if marked else "the runs are"
    return f"Nothing to {verb}: {which} {' or '.join(dict.fromkeys(words))}."


def _with_keys(text: str) -> str:
    """What is told to somebody at a shell, as one says it where there are keys."""
    for command, key in _KEY_OF.items():
        text = re.sub(rf"{command}(?= \S)", f"{key} on", text).replace(command, key)
    return text
