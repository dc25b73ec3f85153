"""How a filter that is being written can go on: keys there are, and values that the runs have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from cockpit.insight.measures import ALIASES, MEASURES, STATES, Measure, Subject
from cockpit.snapshot import Snapshot

#: How many ways to go on are told.
MOST = 12


class Completion(Struct, frozen=True):
    """One way to go on: the whole `text` then, the `part` that is new in it, and what that means."""

    text: str
    part: str
    about: str


def completions(text: str, runs: Sequence[Snapshot]) -> list[Completion]:
    """How the last term of a filter can go on, the likeliest first."""
    start = re.search(r'(?:"[^"]*"|[^\s"])*$', text)
    term = start[0] if start else ""
    before = text[: len(text) - len(term)]
    sign, body = ("-", term[1:]) if term.startswith("-") else ("", term)
    found = re.fullmatch(r"(\w+)([:=]|!=)(.*)", body)
    if found is None:
        return _keys(before + sign, body)
    name = ALIASES.get(found[1].casefold(), found[1].casefold())
    if name not in MEASURES:
        return []
    listed, _, begun = found[3].rpartition(",")
    head = f"{before}{sign}{found[1]}{found[2]}{listed}{',' if listed else ''}"
    return _values(head, MEASURES[name], begun.casefold(), runs, set(listed.casefold().split(",")))


def _keys(head: str, begun: str) -> list[Completion]:
    begun = begun.casefold()
    if not re.fullmatch(r"\w*", begun):
        return []
    # What screens show before settings: acc is test_acc rather than accumulation.
    names = [n for n, each in MEASURES.items() if not each.setting and f"_{begun}" in f"_{n}"]
    names += [n for n in MEASURES if n.startswith(begun)] + [n for n in MEASURES if begun in n[1:]]
    return [
        Completion(head + name + _sign(MEASURES[name]), name + _sign(MEASURES[name]), MEASURES[name].about)
        for name in dict.fromkeys(names)
    ][:MOST]


def _sign(measure: Measure) -> str:
    return ":" if measure.texts or not measure.unit else ">"


def _values(head: str, measure: Measure, begun: str, runs: Sequence[Snapshot], taken: set[str]) -> list[Completion]:
    counts: Counter[str] = Counter()
    for run in runs:
        counts.update(_texts(measure, Subject(run)))
    if measure.name == "status":
        counts = Counter({word: counts[word] for word in STATES if counts[word] or begun})
    held = [(value, n) for value, n in counts.most_common() if value.casefold() not in taken]
    fits = [each for each in held if each[0].casefold().startswith(begun)]
    fits += [each for each in held if begun in each[0].casefold()[1:] and each not in fits]
    return [
        Completion(head + quoted, quoted, f"{n} of {len(runs)}")
        for value, n in fits[:MOST]
        if (quoted := f'"{value}"' if re.search(r"[\s,]", value) else value) != begun
    ]


def _texts(measure: Measure, subject: Subject) -> tuple[str, ...]:
    if measure.texts:
        return tuple(text for text in measure.texts(subject) if text)
    assert measure.number
    value = measure.number(subject)
    # Of figures that are measured every run has another: only settings are worth offering.
    return (f"{value:g}",) if value is not None and measure.setting else ()
