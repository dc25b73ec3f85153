"""Which runs a list shows, under what headings and in what order; what did not change is not worked out again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cockpit.insight import attention, gap, ordering
from cockpit.insight.grouping import Over, over_seeds, setting_of
from cockpit.insight.naming import Name, names
from cockpit.insight.query import Query
from cockpit.snapshot import Snapshot

Grouping = Literal["group", "seeds", "none"]
#: The ways to group, in the order a key goes through them.
GROUPINGS: tuple[Grouping, ...] = ("group", "seeds", "none")
#: What a row stands for: a group's name, what the runs of a setting share, or a run's folder.
Key = tuple[Literal["group", "setting"], str] | Path


class Held(Struct, frozen=True):
    """A run with what is concluded from it: once for each of its snapshots."""

    run: Snapshot
    reading: gap.Reading
    figures: ordering.Figures
    urgency: int
    notice: attention.Notice | None


class Item(Struct, frozen=True, kw_only=True):
    """One row: a group's heading, a setting over its seeds (`over`), or a run (`held`). `runs` are all below it."""

    key: Key
    title: str
    seed: str = ""
    runs: tuple[Held, ...] = ()
    held: Held | None = None
    over: Over | None = None
    figures: ordering.Figures | None = None
    depth: int = 0
    open: bool = True


class Order(Struct, frozen=True, kw_only=True):
    """How a list is shown. `sort` is empty for what is wrong first; `closed` are groups, `opened` settings."""

    query: Query = Query()
    sort: str = ""
    turned: bool = False
    grouping: Grouping = "group"
    closed: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()


class Arrangement:
    """All runs as they are now, and the rows they make."""

    def __init__(self) -> None:
        self.held: dict[Path, Held] = {}
        self._settings: dict[Path, tuple[object, str]] = {}
        self._matched: dict[Path, tuple[Held, bool, bool]] = {}
        self._query = Query()
        self._names: dict[str, tuple[tuple[Path, ...], dict[Path, Name]]] = {}
        self._overs: dict[str, tuple[tuple[Held, ...], Over]] = {}

    def take(self, runs: Iterable[Snapshot]) -> None:
        """These are the runs now; one whose snapshot is the very same is not looked at again."""
        before, self.held = self.held, {}
        for run in runs:
            known = before.get(run.path)
            self.held[run.path] = known if known and known.run is run else hold(run)
        self._matched = {path: kept for path, kept in self._matched.items() if path in self.held}

    def notices(self) -> list[attention.Notice]:
        """Everything to look at, in no order."""
        return [held.notice for held in self.held.values() if held.notice and not held.run.archived]

    def shown(self, query: Query, marks: Collection[Path] = ()) -> list[Held]:
        """The runs that a query means. Those put away are shown only to a query that speaks of them."""
        if query != self._query:
            self._query, self._matched = query, {}
        if query.speaks_of("started"):  # what was less than an hour ago is not so for good
            self._matched = {}
        away = query.speaks_of("archived")
        return [each for each in self.held.values() if self._matches(each, query, away, each.run.path in marks)]

    def _matches(self, each: Held, query: Query, away: bool, marked: bool) -> bool:
        known = self._matched.get(each.run.path)
        if known is None or known[0] is not each or known[1] != marked:
            fits = (away or not each.run.archived) and query.matches(each.run, marked=marked, reading=each.reading)
            known = self._matched[each.run.path] = each, marked, fits
        return known[2]

    def items(self, order: Order, marks: Collection[Path] = ()) -> list[Item]:
        """The rows, as they are to be shown."""
        groups: dict[str, list[Held]] = {}
        for each in self.shown(order.query, marks):
            groups.setdefault(each.run.group, []).append(each)
        called = {group: self._called(group, members) for group, members in groups.items()}
        if order.grouping == "none":
            many = len(groups) > 1
            flat = [
                _run_item(each, called[group][each.run.path], prefix=f"{group}/" if many else "")
                for group, members in groups.items()
                for each in members
            ]
            return _sorted(flat, order)
        rows: list[Item] = []
        # Results of others are beside one's own, not before them.
        for group in sorted(groups, key=lambda group: (groups[group][0].run.published, ordering.natural(group))):
            members = tuple(groups[group])
            is_open = group not in order.closed
            rows.append(Item(key=("group", group), title=_title(group, members), runs=members, open=is_open))
            if is_open and order.grouping == "seeds":
                rows += self._over_seeds(members, called[group], order)
            elif is_open:
                rows += _sorted([_run_item(each, called[group][each.run.path]) for each in members], order)
        return rows

    def _called(self, group: str, members: Sequence[Held]) -> dict[Path, Name]:
        paths = tuple(each.run.path for each in members)
        known = self._names.get(group)
        if known is None or known[0] != paths:
            known = self._names[group] = paths, names([each.run for each in members])
        return known[1]

    def _over_seeds(self, members: Sequence[Held], called: Mapping[Path, Name], order: Order) -> list[Item]:
        settings: dict[str, list[Held]] = {}
        for each in members:
            settings.setdefault(f"{each.run.group}/{self._setting(each.run)}", []).append(each)
        # A setting that was run once is that run.
        points = [
            self._point(key, tuple(same), called, order)
            if len(same) > 1
            else _run_item(same[0], called[same[0].run.path])
            for key, same in settings.items()
        ]
        rows: list[Item] = []
        for point in _sorted(points, order):
            rows.append(point)
            if point.over and point.open:
                below = [_run_item(each, called[each.run.path], depth=1) for each in point.runs]
                rows += _sorted(below, order)
        return rows

    def _setting(self, run: Snapshot) -> str:
        known = self._settings.get(run.path)
        if known is None or known[0] is not run.spec:
            known = self._settings[run.path] = run.spec, setting_of(run)
        return known[1]

    def _point(self, key: str, same: tuple[Held, ...], called: Mapping[Path, Name], order: Order) -> Item:
        known = self._overs.get(key)
        if (
            known is None
            or len(known[0]) != len(same)
            or any(a is not b for a, b in zip(known[0], same, strict=True))
        ):
            known = self._overs[key] = same, over_seeds([each.run for each in same])
        over = known[1]
        seeds = f"{len(same)} seeds" if over.counted in (0, len(same)) else f"{over.counted} of {len(same)}"
        return Item(
            key=("setting", key),
            title=called[same[0].run.path].text,
            seed=seeds,
            runs=same,
            over=over,
            figures=_means(over, same),
            open=key in order.opened,
        )


def hold(run: Snapshot) -> Held:
    """Everything that a list needs to know of a run."""
    reading = gap.read(run)
    figures = ordering.figures_of(run, reading)
    return Held(run, reading, figures, ordering.urgency(run, reading), attention.notice(run, reading))


def _run_item(each: Held, name: Name, *, prefix: str = "", depth: int = 0) -> Item:
    seed = f"seed {name.seed}" if name.seed else ""
    title = prefix + name.text
    return Item(key=each.run.path, title=title, seed=seed, runs=(each,), held=each, figures=each.figures, depth=depth)


def _means(over: Over, same: Sequence[Held]) -> ordering.Figures:
    """What a setting is sorted by."""
    return ordering.Figures(
        state=min(each.figures.state for each in same),
        epoch=over.epoch,
        test=over.test.mean if over.test else None,
        best=over.best.mean if over.best else None,
        gap=over.gap.mean if over.gap else None,
        clean=over.gap_clean.mean if over.gap_clean else None,
        started=min((each.figures.started for each in same if each.figures.started is not None), default=None),
        took=_mean([each.figures.took for each in same if each.figures.took is not None]),
        left=max((each.figures.left for each in same if each.figures.left is not None), default=None),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _parts(title: str) -> tuple[object, ...]:
    """A group before a name, so that those of one stay together whatever another is called."""
    return tuple(ordering.natural(part) for part in title.split("/"))


def _sorted(items: list[Item], order: Order) -> list[Item]:
    """What is wrong first and then by name, or as asked; of equals by name."""
    items = sorted(items, key=lambda item: (*map(_parts, (item.title, item.seed)),))
    if order.sort == "name":
        return items[::-1] if order.turned else items
    if order.sort:
        return sorted(
            items,
            key=lambda item: (
                ordering.place(item.figures, order.sort, turned=order.turned) if item.figures else (True, 0.0)
            ),
        )
    return sorted(items, key=lambda item: (item.runs[0].run.published, min(each.urgency for each in item.runs)))


def _title(group: str, members: Sequence[Held]) -> str:
    """A group and the data set of its runs, where they share one."""
    data = {each.run.spec.data for each in members if each.run.spec}
    return f"{group} · {data.pop()}" if len(data) == 1 else group
