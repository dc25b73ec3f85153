"""The filter language of the sessions.

    status:running,failed model:resnet32 test_acc>0.7 gap>10pt seed:0 group:kd* -status:finished mixup

A word means runs whose name holds it, or matches it where it has `*` or `?`. `key:a,b` means one of these texts,
`key>1`, `>=`, `<`, `<=`, `=`, `!=` compare a figure, and `-` before a term turns it round. What stands in double
quotes is one word. All terms must hold. A run that lacks a figure fulfils no comparison of it. Accuracies are
fractions or have their %, gaps are points, as screens show them: `gap>10`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import get_args

from msgspec import Struct

from cockpit.insight.gap import Level, Reading
from cockpit.insight.measures import ALIASES, MEASURES, STATES, Measure, Subject, Unit
from cockpit.snapshot import Snapshot
from engine.contract.errors import UserError, nearest

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": lambda a, b: math.isclose(a, b, rel_tol=1e-9),
    ":": lambda a, b: math.isclose(a, b, rel_tol=1e-9),
    "!=": lambda a, b: not math.isclose(a, b, rel_tol=1e-9),
}
_TERM = re.compile(r"(?P<key>[A-Za-z_]\w*)(?P<operator>>=|<=|!=|[:=<>])(?P<value>.*)", re.DOTALL)
#: What other languages join terms by, and how that is said here.
_JOINING = {
    "OR": "all terms must hold; status:a,b means either of two values",
    "AND": "leave it out: all terms must hold",
    "NOT": "a dash before a term turns it round: -word excludes",
}
_NUMBER = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?P<unit>[A-Za-z%]*)", re.IGNORECASE)
#: What may stand behind a figure, and what it is then multiplied by; nothing, too, where that is another than 1.
UNITS: dict[Unit, dict[str, str]] = {
    "": {"k": "1e3", "M": "1e6"},
    "accuracy": {"%": "0.01"},
    "gap": {"pt": "0.01", "%": "0.01", "": "0.01"},
    "time": {"s": "1", "m": "60", "h": "3600", "d": "86400"},
}
#: Texts of which all that there can be are known.
_CLOSED = {
    "status": STATES,
    "level": get_args(Level),
    "mark": ("yes", "no"),
    "archived": ("yes", "no"),
}


class Term(Struct, frozen=True):
    """One condition: any of `numbers` or `texts` is enough to fulfil it. Of a word `measure` is None."""

    measure: Measure | None
    operator: str
    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    negated: bool = False

    def holds(self, subject: Subject) -> bool:
        """Whether the run fulfils it."""
        return self._holds(subject) != self.negated

    def _holds(self, subject: Subject) -> bool:
        if self.measure is None:
            return any(_named(subject.run, text) for text in self.texts)
        if self.measure.number:
            value = self.measure.number(subject)
            if value is None or not math.isfinite(value):
                return False
            return any(_COMPARE[self.operator](value, number) for number in self.numbers)
        assert self.measure.texts
        found = [text.casefold() for text in self.measure.texts(subject)]
        same = any(_same(text, wanted, within=self.measure.within) for text in found for wanted in self.texts)
        return same != (self.operator == "!=")


class Query(Struct, frozen=True):
    """What runs are to be shown. `text` is as it was written; the empty query means all."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def matches(self, run: Snapshot, *, marked: bool = False, reading: Reading | None = None) -> bool:
        """Whether a run is meant; `reading` is that of its gap, where the caller has it already."""
        subject = Subject(run, marked, reading)
        return all(term.holds(subject) for term in self.terms)

    def speaks_of(self, name: str) -> bool:
        """Whether a term is about this measure."""
        return any(term.measure is not None and term.measure.name == name for term in self.terms)


def parse(text: str) -> Query:
    """The query that a text says.

    Raises:
        UserError: an unknown key, a figure that cannot be read, a text where a figure belongs; it names the term.
    """
    return Query(text.strip(), tuple(_term(part) for part in split(text)))


def split(text: str) -> list[str]:
    """The terms of a text, quotes and all.

    Raises:
        UserError: a quote is not closed.
    """
    parts = re.findall(r'(?:"[^"]*"|[^\s"])+|"', text)
    if '"' in parts or text.count('"') % 2:
        raise UserError("filter", '"', "a quote that is not closed", "close it")
    return parts


def _term(part: str) -> Term:
    negated = part.startswith("-") and len(part) > 1
    body = part[1:] if negated else part
    found = _TERM.fullmatch(body)
    if body in _JOINING:
        raise UserError("filter", body, "no word of a filter", _JOINING[body])
    if found is None:
        return Term(None, ":", texts=(_unquoted(body).casefold(),), negated=negated)
    sign, value = found["operator"], found["value"]
    measure = _measure(found["key"])
    values = [_unquoted(v) for v in re.findall(r'(?:"[^"]*"|[^,"])+', value)]
    if not values:
        raise UserError("filter", body, "a value is missing", f"{measure.name} is {measure.about}")
    if measure.number:
        numbers = tuple(_number(v, measure, body) for v in values)
        return Term(measure, sign, numbers=numbers, negated=negated)
    if sign not in (":", "=", "!="):
        raise UserError("filter", body, f"{measure.name} is no figure", f"write {measure.name}:{values[0]}")
    texts = tuple(v.casefold() for v in values)
    for text in texts:
        _check_known(measure.name, text, body)
    return Term(measure, sign, texts=texts, negated=negated)


def _measure(key: str) -> Measure:
    name = key.casefold()
    name = ALIASES.get(name, name)
    if name not in MEASURES:
        known = [*MEASURES, *ALIASES]
        remedy = nearest(name, known)
        raise UserError("filter", key, "unknown key", remedy if remedy.startswith("did") else "Tab lists the keys")
    return MEASURES[name]


def _check_known(name: str, text: str, term: str) -> None:
    """A state that there is none of is a slip of the pen, not a filter that shows nothing."""
    known = _CLOSED.get(name)
    if known and not any(fnmatchcase(each, text) for each in known):
        raise UserError("filter", term, f"there is no {name} {text!r}", nearest(text, known))


def _number(text: str, measure: Measure, term: str) -> float:
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise UserError("filter", term, f"{text!r} is no number", f"{measure.name} is {measure.about}")
    value, unit, units = float(found["number"]), found["unit"], UNITS[measure.unit]
    if unit and unit not in units:
        remedy = f"units of {measure.name}: {', '.join(filter(None, units))}"
        raise UserError("filter", term, f"{measure.name} is not told in {unit}", remedy)
    if not unit and measure.unit == "accuracy" and abs(value) > 1:
        # 70 would be 7000 %: a filter that shows nothing, and does not say why.
        remedy = f"write {found['number']}%, or {value / 100:g}"
        raise UserError("filter", term, f"{found['number']} would be more than 100 %", remedy)
    # In decimals: 70% must be the very 0.7 of a file, and 70 * 0.01 is not.
    return float(Decimal(found["number"]) * Decimal(units.get(unit, "1")))


def _unquoted(text: str) -> str:
    return text.replace('"', "")


def _named(run: Snapshot, word: str) -> bool:
    name = f"{run.group}/{run.name}".casefold()
    if any(c in word for c in "*?["):
        label = f"{run.group}/{run.label}".casefold()
        return any(fnmatchcase(n, word) for full in (name, label) for n in (full, full.partition("/")[2]))
    return word in name


def _same(text: str, wanted: str, *, within: bool) -> bool:
    if any(c in wanted for c in "*?["):
        return fnmatchcase(text, wanted)
    return wanted in text if within else text == wanted
