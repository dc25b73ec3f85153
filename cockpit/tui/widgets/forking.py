"""What is said of a fork that is being typed, as lines for the panels."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.changes import CHANGEABLE
from cockpit.completion import completions
from cockpit.insight.format import number, percent
from cockpit.tui.look import Line
from cockpit.tui.widgets.suggesting import last
from engine.contract import schedule
from engine.contract.checked import describe
from engine.contract.checkpoints import CheckpointManifest
from engine.contract.cleaning import clean
from engine.contract.spec import Settings, Spec

#: Where the text behind a label begins.
TEXT = 11


def labelled(label: str, text: str, style: str = "") -> Line:
    """A label, and what is said under it."""
    return ((f" {label:<{TEXT - 1}}", "dim"), (clean(text), style))


def epochs(found: Sequence[CheckpointManifest] | None, at: CheckpointManifest | None, width: int) -> Line:
    """The epochs that have a checkpoint, as many as there is room for, the chosen one marked, and what it scored."""
    if found is None or at is None:
        return labelled("at epoch", "looking for checkpoints" if found is None else "none has a checkpoint", "dim")
    scored = f"  test {percent(at.test_acc)} %" + (", the newest" if at == found[-1] else "")
    names = [f"[{m.epoch}]" if m == at else f" {m.epoch} " for m in found]
    place = list(found).index(at)
    left, right = _window([len(name) for name in names], place, width - TEXT - len(scored) - 4)
    more = ("… " if left else "", " …" if right < len(names) else "")
    return (
        (f" {'at epoch':<{TEXT - 1}}", "dim"),
        (more[0] + "".join(names[left:place]), ""),
        (names[place], "here"),
        ("".join(names[place + 1 : right]) + more[1], ""),
        (scored, "dim"),
    )


def _window(widths: Sequence[int], place: int, room: int) -> tuple[int, int]:
    """The stretch round `place` that has room, as many on its left as on its right where both have more."""
    left, right = place, place + 1
    while True:
        wider = [(left - 1, right)] * (left > 0) + [(left, right + 1)] * (right < len(widths))
        fits = [(a, b) for a, b in wider if sum(widths[a:b]) <= room]
        if not fits:
            return left, right
        left, right = min(fits, key=lambda each: abs((each[1] - 1 - place) - (place - each[0])))


def hint(typed: str, spec: Spec | None, epoch: int) -> Line:
    """What can be typed on a line, or what the setting that is being typed there means, and is at present."""
    word = last(typed)
    name, equals, _ = word.removeprefix("run.").partition("=")
    found = completions(word, CHANGEABLE)
    if not word or (not equals and len(found) != 1 and name not in CHANGEABLE):
        known = [each.rstrip("=") for each in found] if word else list(CHANGEABLE)
        return labelled("", ", ".join(known) or f"no setting begins with {name}", "dim")
    name = name if name in CHANGEABLE else found[0].rstrip("=").removeprefix("run.") if found else ""
    return labelled("", f"now {_held(spec, epoch, name)}; {describe(Spec, name)}", "dim") if spec and name else ()


def _held(spec: Spec, epoch: int, name: str) -> str:
    """The value that a setting has in the epoch after the fork, were there no change."""
    value = getattr(schedule.at(spec, epoch + 1) if name in Settings.__struct_fields__ else spec, name)
    if name == "phases":
        return f"{sum(phase['from_epoch'] > epoch for phase in value)} to come"
    return number(value) if isinstance(value, float) else str(value)


def told(problem: str, cautions: Sequence[str], words: Sequence[str]) -> list[Line]:
    """What is wrong, what is legal and probably not meant, and what the fork will do."""
    lines: list[Line] = [
        ((f"   {text.strip()}", ""),) if text.startswith("  ") else ((" ✗ ", "bad"), (clean(text), ""))
        for text in problem.splitlines()
    ]
    lines += [((" ▲ ", "watch"), (clean(caution), "")) for caution in cautions]
    return lines + [((f" {clean(text)}", ""),) for text in words]
