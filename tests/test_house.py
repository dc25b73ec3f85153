"""The house rules that no linter knows: names agree, files stay readable."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [p for folder in ("cockpit", "engine", "tests") for p in (ROOT / folder).rglob("*.py")]


def test_no_file_is_too_long_to_read() -> None:
    assert {str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 350} == {}


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    assert {p.stem for p in SOURCES}.isdisjoint({"utils", "helpers", "manager", "common", "misc"})


def test_what_a_thread_found_reaches_a_screen_in_one_way_which_knows_whether_it_is_still_there() -> None:
    there = {p.name for p in (ROOT / "cockpit" / "tui").rglob("*.py") if "call_from_thread" in p.read_text()}
    assert there == set(), "use cockpit.tui.away.Away"
