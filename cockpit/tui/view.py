"""How a person left the app: kept between starts, for each runs folder apart. Losing it costs nothing but habits."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path, PurePath

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cockpit.insight.arrangement import Grouping
from cockpit.insight.matrix import Among
from cockpit.insight.ordering import SORTS

#: How often the view is saved at most, seconds.
SAVE_SECONDS = 1.0


class SessionsView(Struct, frozen=True, kw_only=True):
    """How the sessions are shown: the filter as it was written, and the run under the cursor as GROUP/NAME."""

    filter: str = ""
    sort: str = ""
    turned: bool = False
    grouping: Grouping = "group"
    closed: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    cursor: str = ""


class MatrixView(Struct, frozen=True, kw_only=True):
    """What the table is of; all but the metric is of this one group. An axis that is None is chosen by its length."""

    group: str = ""
    metric: str = ""
    across: str | None = None
    down: str | None = None
    #: At which value of a further axis it is taken.
    fixed: dict[str, str] = {}
    among: Among | None = None


class CompareView(Struct, frozen=True, kw_only=True):
    """How a comparison is shown; the baseline is a run, as GROUP/NAME."""

    measure: str = ""
    part: str = ""
    baseline: str = ""


class View(Struct, frozen=True, kw_only=True):
    """What is kept: the place, the theme, the marked runs as GROUP/NAME, and how each place shows its things."""

    place: str = ""
    theme: str = ""
    marks: tuple[str, ...] = ()
    sessions: SessionsView = SessionsView()
    matrix: MatrixView = MatrixView()
    compare: CompareView = CompareView()
    preset: str = ""
    folded_kinds: tuple[str, ...] = ()
    #: The chart of a session that is the large one, and the weight of the smoothing.
    chart: str = ""
    smoothing: float = 0.0


def file_of(root: Path) -> Path:
    """Where the view of a runs folder is kept: below $XDG_STATE_HOME, ~/.local/state by default."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return home / "cockpit" / f"view-{hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:12]}.json"


def named(root: Path, run: Path) -> str:
    """A run's folder as it is kept: GROUP/NAME, or published/GROUP/NAME."""
    return str(run.relative_to(root))


def load(root: Path) -> View:
    """The view as it was left; a fresh one where there is none that can be read, or no home to keep it in."""
    try:
        return _checked(msgspec.json.decode(file_of(root).read_bytes(), type=View))
    except (OSError, RuntimeError, ValueError):
        return View()


def _checked(view: View) -> View:
    """The view without what would be no sort or no run of the folder, by another version's hand or a person's.

    What else is not known is passed over where it is shown.
    """
    sessions, compare = view.sessions, view.compare
    return replace(
        view,
        marks=tuple(dict.fromkeys(mark for mark in view.marks if _is_run(mark))),
        sessions=replace(
            sessions,
            sort=sessions.sort if sessions.sort == "name" or sessions.sort in SORTS else "",
            cursor=sessions.cursor if _is_run(sessions.cursor) else "",
        ),
        compare=replace(compare, baseline=compare.baseline if _is_run(compare.baseline) else ""),
    )


def _is_run(name: str) -> bool:
    """Whether it is a run's folder as named() has it."""
    path = PurePath(name)
    return not path.is_absolute() and ".." not in path.parts and len(path.parts) > 1 and "\0" not in name


def save(root: Path, view: View) -> None:
    """Keep it, whole or not at all. A home that cannot be written keeps nothing, and that is no error."""
    try:
        path = file_of(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(msgspec.json.encode(view))
        fresh.replace(path)
    except (OSError, RuntimeError, ValueError):  # no home is a RuntimeError, a name that is no UTF-8 a ValueError
        return


class Keeper:
    """Saves the view away from the screen's thread, for a home may be on a slow disk: the last one of each second."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._left: View | None = None
        self._timer: threading.Timer | None = None
        self._taking, self._saving = threading.Lock(), threading.Lock()

    def keep(self, view: View) -> None:
        """Save it soon, unless another comes before that."""
        with self._taking:
            self._left = view
            if self._timer is None:
                self._timer = threading.Timer(SAVE_SECONDS, self.save)
                self._timer.daemon = True  # what would be lost with it, the end of the app saves
                self._timer.start()

    def save(self) -> None:
        """Save what is still to be saved, now."""
        with self._saving:  # one at a time: the older never comes last
            with self._taking:
                left, timer = self._left, self._timer
                self._left = self._timer = None
            if timer:
                timer.cancel()
            if left is not None:
                save(self._root, left)
