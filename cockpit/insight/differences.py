"""The settings in which compared sessions differ, those that change on the way with their epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from cockpit.insight.compare import Comparison
from cockpit.insight.events import spoken, worded
from cockpit.snapshot import Snapshot
from engine.contract import schedule
from engine.contract.spec import IDENTITY, Settings


class Row(Struct, frozen=True, kw_only=True):
    """One setting: what each contender has of it, in words. `setting` is its name in the file."""

    setting: str
    name: str
    texts: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether it is not the same in all of which it is known."""
        return len(set(self.texts) - {UNREADABLE}) > 1


#: What is shown first: what a run is of. The rest stands in the order of the settings themselves.
_FIRST = ("data", "model", "objective", "teacher", "epochs")
#: Shown as part of the settings that they change.
_FOLDED = "phases"
#: What stands for a setting of a run whose settings are not known: they cannot be read, or never came along.
UNREADABLE = "?"


def rows(comparison: Comparison) -> tuple[Row, ...]:
    """Every setting that changes results, and the teacher, and which content the data set had."""
    names = [*_FIRST, *(name for name in IDENTITY if name not in _FIRST and name != _FOLDED)]
    told = [_row(comparison, name, spoken(name)) for name in names]
    if (content := _row(comparison, "data", "data content", _content)).differs:
        told.insert(1, content)
    taught = _row(comparison, "teacher", "teacher", _taught)
    # Teachers of one name may still be two: their own settings then differ.
    return tuple(taught if row.setting == "teacher" and taught.differs and not row.differs else row for row in told)


def _row(comparison: Comparison, setting: str, name: str, tell: Callable[[Snapshot], str] | None = None) -> Row:
    tell = tell or (lambda run: course(run, setting))
    contenders = comparison.contenders
    return Row(setting=setting, name=name, texts=tuple(_joined(tell(run) for run in one.runs) for one in contenders))


def unknown(comparison: Comparison) -> list[str]:
    """The letters of contenders whose settings are not known."""
    return [one.letter for one in comparison.contenders if any(run.spec is None for run in one.runs)]


def differing(comparison: Comparison) -> tuple[Row, ...]:
    """Only the settings that are not the same in all."""
    return tuple(row for row in rows(comparison) if row.differs)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def course(run: Snapshot, name: str) -> str:
    """A setting of a run over its epochs: `0.3 > 0.2@51 > 0.1@81`, where 51 is the first epoch of 0.2."""
    if run.spec is None:
        return UNREADABLE
    if name == "teacher":
        return _teacher(run)
    if name not in Settings.__struct_fields__:
        return worded(name, getattr(run.spec, name))
    told = [worded(name, getattr(schedule.at(run.spec, 1), name))]
    for epoch, changed in sorted(schedule.transitions(run.spec).items()):
        if name in changed:
            told.append(f"{worded(name, changed[name][1])}@{epoch}")
    return " > ".join(told)


def _teacher(run: Snapshot) -> str:
    """The teacher without its seed where the student's own seed says it: every seed has a teacher of its own."""
    assert run.spec
    name, _, end = run.spec.teacher.rpartition("-")
    name = name if len(end) == 6 else run.spec.teacher
    return name.removesuffix(f"-seed{run.spec.seed}") or "none"


def _taught(run: Snapshot) -> str:
    """The teacher with the hash of its setting, whatever its seed."""
    known = run.file.inputs.setting if run.file else ""
    return f"{_teacher(run)} {known[:6]}" if run.spec and known else UNREADABLE


def _content(run: Snapshot) -> str:
    """Which images the data set had; sets that are built in have no hash."""
    return (run.file.inputs.data if run.file else "") or "-"
