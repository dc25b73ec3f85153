"""What can be asked of a run by name: figures with their units, states, and every setting it has."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct

from cockpit.insight import gap, ordering
from cockpit.snapshot import Snapshot
from cockpit.status import GLYPHS
from engine.contract.spec import Spec

#: How a figure is written: an accuracy as 0.7 or 70%, a gap in points as 10 or 10pt, a time as 90, 90s, 10m or 2h.
Unit = Literal["", "accuracy", "gap", "time"]
Texts = tuple[str, ...]


class Subject(Struct, frozen=True):
    """A run, with what its own files do not say: whether it is marked, and the reading of its gap, if it is known."""

    run: Snapshot
    marked: bool = False
    reading: gap.Reading | None = None

    @property
    def gap(self) -> gap.Reading:
        """The reading of its gap, made now where nobody had it."""
        return self.reading or gap.read(self.run)


class Measure(Struct, frozen=True, kw_only=True):
    """Something a run has, by name. Exactly one of `number` and `texts` reads it; a run without it has None or ().

    `within` says that a part of a text is enough to be meant, `setting` that it is what was set, not what came of it.
    """

    name: str
    about: str
    unit: Unit = ""
    number: Callable[[Subject], float | None] | None = None
    texts: Callable[[Subject], Texts] | None = None
    within: bool = False
    setting: bool = False


def _figure(name: str, about: str, read: Callable[[Subject], float | None], unit: Unit = "") -> Measure:
    return Measure(name=name, about=about, number=read, unit=unit)


def _words(name: str, about: str, read: Callable[[Subject], Texts], *, within: bool = False) -> Measure:
    return Measure(name=name, about=about, texts=read, within=within)


def _of_last(field: str) -> Callable[[Subject], float | None]:
    return lambda subject: getattr(subject.run.last, field) if subject.run.last else None


def _of_gap(field: str) -> Callable[[Subject], float | None]:
    return lambda subject: getattr(subject.gap, field)


def _extra(field: str) -> Callable[[Subject], float | None]:
    return lambda subject: subject.run.last.extra.get(field) if subject.run.last else None


def _yes(value: bool) -> Texts:
    return ("yes",) if value else ("no",)


#: All that a state can be called: what a run's is, and that it is held, or broken.
STATES = (*GLYPHS, "held", "broken")


def _state(subject: Subject) -> Texts:
    status = subject.run.status
    return ("broken",) if subject.run.problem else (status.word, "held") if status.held else (status.word,)


def _best(subject: Subject) -> float | None:
    if subject.reading:
        return subject.reading.best
    best = subject.run.best
    return best.test_acc if best else None


def _ago(subject: Subject) -> float | None:
    began = ordering.started(subject.run)
    return None if began is None else time.time() - began


_OWN = [
    _words("status", "the state: running, finished, failed, held, broken ...", _state),
    _words("group", "the group, as a rule its preset", lambda s: (s.run.group,)),
    _words("name", "the name, or a part of it", lambda s: (s.run.name,), within=True),
    _words("note", "a word of the note", lambda s: (s.run.note,) if s.run.note else (), within=True),
    _words("level", "how wide the clean gap is, or the gap: ok, watch, warn, critical", lambda s: (s.gap.level,)),
    _words("mark", "yes where it is marked", lambda s: _yes(s.marked)),
    _words("archived", "yes where it was put away", lambda s: _yes(s.run.archived)),
    _figure("test_acc", "test accuracy now", _of_last("test_acc"), "accuracy"),
    _figure("best", "the best test accuracy of any epoch", _best, "accuracy"),
    _figure("gap", "train less test accuracy, as trained, points", _of_gap("gap_trained"), "gap"),
    _figure("clean", "the clean gap: clean train less test accuracy, points", _of_gap("gap_clean"), "gap"),
    _figure("slope", "how much the clean gap, or the gap, grows an epoch, points", _of_gap("slope"), "gap"),
    _figure("drop", "test accuracy less its best, points", _of_gap("drop"), "gap"),
    _figure("since_best", "epochs since the best", _of_gap("since_best")),
    _figure("train_acc", "train accuracy as trained", _of_last("train_acc"), "accuracy"),
    _figure("train_acc_clean", "train accuracy without augmentation", _of_last("train_acc_clean"), "accuracy"),
    _figure("val_acc", "accuracy on the held-out share", _of_last("val_acc"), "accuracy"),
    _figure("train_loss", "training loss now", _of_last("train_loss")),
    _figure("test_loss", "test loss now", _of_last("test_loss")),
    _figure("ensemble_acc", "accuracy of several networks together", _extra("ensemble_acc"), "accuracy"),
    _figure("epoch", "epochs done", lambda s: s.run.epoch),
    _figure("lr_now", "the learning rate of the newest epoch", _of_last("lr")),
    _figure("speed", "images a second", _of_last("images_per_second")),
    _figure("left", "time to the end", lambda s: s.run.seconds_left, "time"),
    _figure("took", "how long its epochs were in all", lambda s: ordering.took(s.run), "time"),
    _figure("started", "how long ago it began", _ago, "time"),
    _figure("warnings", "how many warnings there were", lambda s: len(s.run.warnings)),
    _figure("resumes", "how often it was gone on with", lambda s: len(s.run.resumes)),
]
#: Other words for the same.
ALIASES = {
    "state": "status",
    "test": "test_acc",
    "acc": "test_acc",
    "accuracy": "test_acc",
    "marked": "mark",
    "gap_clean": "clean",
    "gap_trained": "gap",
    "warning": "warnings",
}


def _setting(name: str, hint: Any) -> Measure:
    """A setting, as a figure or as words, by its type."""
    inner, meta = get_args(hint)[:2]
    kinds = _kinds(inner)
    if bool not in kinds and kinds & {int, float} and get_origin(inner) is not tuple:
        number = lambda s: getattr(s.run.spec, name) if s.run.spec else None  # noqa: E731
        return Measure(name=name, about=meta.description, number=number, setting=True)
    return Measure(name=name, about=meta.description, texts=_text_of(name), setting=True)


def _text_of(name: str) -> Callable[[Subject], Texts]:
    if name == "model":
        return lambda s: s.run.spec.models if s.run.spec else ()
    if name == "phases":
        return _changed_on_the_way
    return lambda s: _told(getattr(s.run.spec, name)) if s.run.spec else ()


def _kinds(hint: Any) -> set[Any]:
    """The plain types in a hint, whatever limits and alternatives wrap them."""
    if get_origin(hint) is Annotated:
        return _kinds(get_args(hint)[0])
    parts = [part for part in get_args(hint) if isinstance(part, type) or get_origin(part)]
    return set().union(*map(_kinds, parts)) - {NoneType} if parts else {hint}


def _told(value: object) -> Texts:
    if isinstance(value, bool):
        return _yes(value)
    return tuple(map(str, value)) if isinstance(value, (tuple, list)) else (str(value),)


def _changed_on_the_way(subject: Subject) -> Texts:
    spec = subject.run.spec
    return tuple(dict.fromkeys(key for phase in spec.phases for key in phase if key != "from_epoch")) if spec else ()


#: Name -> measure: what the screens show first, then every setting.
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _OWN} | {
    name: _setting(name, hint)
    for name, hint in get_type_hints(Spec, include_extras=True).items()
    if name in Spec.__struct_fields__
}
