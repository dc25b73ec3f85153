"""A folder of presets of one's own, and `cockpit presets new`, which puts one there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from smallest_preset import RUN
from told import Told, is_mistake

from cockpit import presets
from cockpit.plan import plan
from engine.contract.errors import UserError

# The folder of one's own.


def test_the_own_folder_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("COCKPIT_PRESETS", "~/mine")
    assert presets.own() == Path.home() / "mine"
    monkeypatch.delenv("COCKPIT_PRESETS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert presets.own() == tmp_path / "cockpit" / "presets"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert presets.own() == Path.home() / ".config" / "cockpit" / "presets"


def test_an_own_preset_has_a_name_and_is_the_nearest_to_a_slip(own):
    path = own("zebra")
    assert plan("zebra").path == path
    with pytest.raises(UserError, match="did you mean 'zebra'"):
        plan("zebar")


def test_a_shipped_name_means_the_shipped_preset_and_the_own_one_is_refused_until_it_is_renamed(own, cockpit):
    path = own("quickstart")
    assert plan("quickstart").path.parent == presets.shipped()
    assert is_mistake(cockpit("run", str(path), "--dry-run"), "rename the file")
    told = cockpit("presets", "list")
    assert told.code == 0 and told.out.count("quickstart  ") == 2
    assert "a shipped preset is named 'quickstart' already" in told.out
    path.rename(path.with_name("quicker.toml"))
    assert plan("quicker").name == "quicker"


def test_an_own_folder_that_is_the_shipped_one_shadows_nothing(monkeypatch):
    monkeypatch.setenv("COCKPIT_PRESETS", str(presets.shipped()))
    assert presets.shadowed() == []
    assert not any(shelf.is_own or shelf.error for shelf in presets.shelves())


def test_what_an_editor_leaves_beside_a_preset_is_none(own):
    own("mine")
    (presets.own() / ".#mine.toml").symlink_to("nobody@nowhere:1")
    (presets.own() / "mine.toml~").write_text("")
    (presets.own() / "gone.toml").symlink_to("nowhere")
    mine = [shelf for shelf in presets.shelves() if shelf.is_own]
    assert [(shelf.name, bool(shelf.error)) for shelf in mine] == [("gone", True), ("mine", False)]


# cockpit presets new


def test_new_copies_to_the_own_folder_and_checks_it(cockpit):
    told = cockpit("presets", "new", "quickstart")
    path = presets.own() / "quickstart-mine.toml"
    assert told.code == 0
    assert told.out == (f"made {path}\n✓ quickstart-mine  4 runs\nto run it: cockpit run quickstart-mine\n")
    assert path.read_bytes() == plan("quickstart").path.read_bytes()
    assert len(plan("quickstart-mine").runs) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["quickstart", "taken"], ["preset 'taken': is there already", "another name"]),
        (["quickstart", "quickstart"], ["preset 'quickstart': is there already"]),
        (["quickstart", "../up"], ["NAME: '../up' cannot be a preset's name", "a-z, 0-9"]),
        (["quikstart"], ["did you mean 'quickstart'"]),
        (["./none.toml", "mine"], ["no such preset file"]),
    ],
)
def test_new_never_overwrites_and_says_what_to_do(own, cockpit, arguments, words):
    path = own("taken", "not even TOML")
    assert is_mistake(cockpit("presets", "new", *arguments), *words)
    assert path.read_text() == "not even TOML"
    assert [p.name for p in presets.own().iterdir()] == ["taken.toml"]


def test_new_where_a_file_cannot_be_written_is_told(tmp_path, cockpit, monkeypatch):
    (tmp_path / "own").write_text("in the way")
    assert is_mistake(cockpit("presets", "new", "quickstart"), "COCKPIT_PRESETS")
    monkeypatch.setenv("COCKPIT_PRESETS", "/proc/none")
    assert is_mistake(cockpit("presets", "new", "quickstart"), "COCKPIT_PRESETS")


def test_new_of_a_mistake_keeps_the_file_and_says_where(tmp_path, cockpit):
    (tmp_path / "wrong.toml").write_text(RUN.replace("epochs", "epohcs"))
    told = cockpit("presets", "new", "wrong.toml")
    path = presets.own() / "wrong-mine.toml"
    assert is_mistake(told, str(path), "did you mean 'epochs'", "is kept", "cockpit presets check wrong-mine")
    assert path.exists()


@pytest.fixture
def on_terminal(monkeypatch, cockpit):
    """The command as at a terminal, under an editor."""

    def typed(editor: str, *arguments: str) -> Told:
        monkeypatch.setenv("VISUAL", editor)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        return cockpit(*arguments)

    return typed


def test_new_has_the_editor_open_it_and_checks_what_was_written(on_terminal):
    told = on_terminal("sed -i 's/mixup = .*/mixup = [0.3]/'", "presets", "new", "quickstart", "three")
    assert told.code == 0
    assert "✓ three  2 runs" in told.out
    told = on_terminal("sed -i s/epochs/epohcs/", "presets", "new", "quickstart", "slip")
    assert is_mistake(told, str(presets.own() / "slip.toml"), "did you mean 'epochs'", "is kept")


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("no-such-editor -x", "cannot be started: No such file"),
        ("vi 'unclosed", "cannot be started: No closing quotation"),
        ("false", "ended with exit code 1"),
    ],
)
def test_new_keeps_the_file_whatever_becomes_of_the_editor(on_terminal, editor, words):
    told = on_terminal(editor, "presets", "new", "quickstart", "kept")
    path = presets.own() / "kept.toml"
    assert is_mistake(told, words, f"the preset is kept: open {path} yourself")
    assert path.exists()


def test_new_without_an_editor_says_so(on_terminal):
    assert "open it yourself" in on_terminal("", "presets", "new", "quickstart").out.replace("\n", "")
