"""`cockpit presets` as it is typed, a folder of presets of one's own, and `--seeds`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cockpit import cli, presets, presetsheet
from cockpit.launch import begin
from cockpit.launch.prepare import folders, prepare
from cockpit.plan import plan, seeds_override
from cockpit.request import everything
from engine.contract.errors import UserError
from engine.contract.finding import Size
from engine.contract.folder import Ended, publish
from engine.contract.stream import Epoch, Writer

RUN = 'title = "T"\n[run]\ndata = "digits"\nmodel = "resnet8"\nepochs = 3\n'


class Told:
    """What one command came to."""

    def __init__(self, code: object, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def cockpit(monkeypatch, capsys, tmp_path, root):
    """The command, typed in a folder of its own; the engine is not asked for sizes, which takes it seconds."""
    monkeypatch.setattr(presetsheet, "sizes", lambda runs: [(run, Size(memory=3 * 2**30)) for run in runs])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COCKPIT_RUNS", str(root))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)

    def typed(*arguments: str) -> Told:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["cockpit", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return Told(left.value.code, *capsys.readouterr())

    return typed


@pytest.fixture
def own():
    """Write a preset into the user's own folder."""

    def write(name: str, text: str = RUN) -> Path:
        path = presets.own() / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def is_mistake(told: Told, *words: str) -> bool:
    return (
        told.code == 2
        and told.err.startswith("error: ")
        and told.err.count("\n") == 2
        and all(word in told.err for word in words)
    )


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


# cockpit presets list


def test_list_tells_name_kind_runs_title_and_source_by_kind_and_name(own, cockpit):
    own("another", RUN + "[grid]\nrun.seed = [0, 1, 2]\n")
    told = cockpit("presets", "list", "--json")
    rows = json.loads(told.out)
    order = list(presets.KINDS)
    assert [(r["kind"], r["name"]) for r in rows] == sorted(
        ((r["kind"], r["name"]) for r in rows), key=lambda each: (order.index(each[0]), each[1])
    )
    another = next(r for r in rows if r["name"] == "another")
    assert another == {
        "name": "another",
        "kind": "sweep",
        "runs": 3,
        "title": "T",
        "source": "own",
        "path": str(presets.own() / "another.toml"),
        "error": None,
    }
    quickstart = next(r for r in rows if r["name"] == "quickstart")
    assert (quickstart["runs"], quickstart["source"]) == (4, "shipped")
    shown = cockpit("presets", "list").out
    assert "  quickstart " in shown and "Quickstart: mixup or not" in shown and str(presets.own()) in shown


def test_list_shows_what_cannot_be_read_as_a_row_in_one_line_and_still_succeeds(own, cockpit):
    own("broken", "title = 3\n")
    own("torn", RUN + "[run")
    own("axis", RUN + "[grid]\nrun.rl = [1]\n")
    own("hostile", 'title = "\\u001b]52;c;aGk=\\u0007[bold]x"\n' + RUN.partition("\n")[2])
    told = cockpit("presets", "list", "--json")
    assert told.code == 0
    errors = {r["name"]: r["error"] for r in json.loads(told.out) if r["error"]}
    assert errors.keys() == {"broken", "torn", "axis"}
    assert all("\n" not in error for error in errors.values())
    assert errors["axis"] == "axis.toml: grid.run.rl: no setting of a run; did you mean 'run.lr'?"
    shown = cockpit("presets", "list").out
    assert "cannot be read" in shown and "✗ broken.toml: title: expected str" in shown
    assert "␛]52;c;aGk=␇[bold]x" in shown and "\x1b" not in shown


# cockpit presets show


def test_show_tells_the_grid_the_run_its_schedule_and_that_nothing_was_measured(cockpit):
    told = cockpit("presets", "show", "quickstart").out
    for words in (
        "2 mixup x 2 seed = 4 runs",
        "mixup  0, 0.2",
        "resnet8",
        "40 epochs, batches of 64",
        "sgd, Nesterov momentum 0.9, weight decay 0.0005, label smoothing 0.1",
        "0.1, cosine to 0, warm-up from 0.01 over 2 epochs",
        "from epoch 21: augmentation crop > none",
        "test_acc 96.00 %",
        "supervised: cross-entropy with the labels",
        "not measured yet; an estimate follows",
        "█",
    ):
        assert words in told
    assert all(line == line.rstrip() for line in told[told.index("\nfile") :].splitlines())


TAUGHT = """
title = "Taught"
kind = "distillation"
description = '''
Two lines
of text.'''
[run]
data = "cifar100"
model = "resnet8"
epochs = 3
[grid]
run.lr = [0.1, 0.2]
run.seed = [0, 1]
[grid.method.teacher]
model = "resnet14"
[grid.method.pure]
[grid.method.logit]
objective = "logit"
teacher = { method = "teacher" }
[[grid.skip]]
run.lr = 0.2
method = "pure"
[reference]
source = "somebody's table"
note = "a note"
[[reference.runs]]
run = "lr0.1-logit-*"
test_acc = 0.7308
std = 0.002
n = 3
source = "its row"
[[reference.runs]]
run = "pur*"
test_acc = 0.5
[[reference.runs]]
run = "*-teacher-*"
nodes = [[0.9, 0.8]]
"""


def test_show_tells_who_teaches_whom_what_was_published_and_which_data_are_missing(own, cockpit):
    own("taught", TAUGHT)
    told = cockpit("presets", "show", "taught")
    assert told.code == 0
    for words in (
        "Two lines of text.",
        "2 lr x 3 method x 2 seed = 12, less 2 skipped = 10 runs",
        "method  teacher, pure, logit",
        "resnet8  (6 runs)",
        "resnet14  (4 runs)",
        "logit: a teacher's softened answers",
        "lr0.1-teacher teaches lr0.1-logit",
        "each learns from the teacher of its own seed",
        "somebody's table",
        "lr0.1-logit-*  test 73.08 ±0.20 % over 3 seeds; its row",
        "a note",
        "no data set 'cifar100'",
        "cockpit data prepare cifar100",
        "▲ reference.runs[1]: no run has its figures from 'pur*'",
    ):
        assert words in told.out, words
    assert told.out.count("no run has its figures") == 1


def test_show_of_a_preset_by_its_path_and_of_one_run(tmp_path, cockpit):
    (tmp_path / "my own.toml").write_text(RUN.replace("resnet8", "wideresnet28_10"))
    (tmp_path / "single.toml").write_text(RUN.replace('"resnet8"', '["resnet8", "resnet8"]\nobjective = "mutual"'))
    assert is_mistake(cockpit("presets", "show", "my own.toml"), "cannot be a group's name")
    told = cockpit("presets", "show", "./single.toml").out
    assert "2 x resnet8" in told and "the networks of a run teach one another" in told
    assert "up to 3.0 GiB a run (resnet8 + resnet8 in batches of 128)" in told


def test_show_tells_time_and_memory_from_earlier_runs(root, cockpit):
    paths = prepare(plan("quickstart"), root)
    for path in paths[:2]:
        writer = Writer(path / "metrics.jsonl", 1)
        for epoch in (1, 2):
            writer.append(Epoch(epoch=epoch, seconds=1.5, extra={"peak_memory": 2.5 * 2**30}))
        writer.close()
    told = cockpit("presets", "show", "quickstart").out
    assert "about 1:00 a run; together 4:00 one after another" in told
    assert "from 2 earlier runs" in told
    assert "up to 2.5 GiB a run" in told


def test_show_draws_in_plain_letters_where_the_terminal_has_no_blocks(cockpit, monkeypatch):
    command = [sys.executable, "-P", "-m", "cockpit.cli", "presets", "show", "quickstart"]
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "####" in told
    assert "?" not in told


# cockpit presets check


def test_check_passes_every_shipped_preset_and_launches_nothing(cockpit, root):
    told = cockpit("presets", "check", *presets.names())
    assert told.code == 0, told.out
    assert "✓ quickstart  4 runs" in told.out
    assert told.err == "" and not root.exists()


def test_check_of_all_tells_each_mistake_in_two_lines_and_exits_with_1(own, cockpit):
    path = own("mine", RUN.replace("epochs", "epohcs"))
    own("late", RUN + "warmup_epochs = 3\n")
    own("typo", RUN.replace("digits", "digit"))
    own("small", RUN + "drop_last = true\nbatch_size = 5000\n")
    told = cockpit("presets", "check")
    assert told.code == 1
    assert f"✗ {path}: run.epohcs: unknown key\n    did you mean 'epochs'?\n" in told.out
    assert "✓ late  1 run\n  ▲ run.warmup_epochs: 3 of 3 epochs" in told.out
    assert "✓ typo  1 run\n" in told.out and "no data set 'digit'" in told.out
    assert "run.batch_size: 5000 images a step" in told.out
    assert "✓ quickstart  4 runs" in told.out
    assert f"{len(presets.shelves()) - 2} of {len(presets.shelves())} presets are sound" in told.out


def test_check_of_one_says_its_line_and_no_more(tmp_path, own, cockpit):
    own("broken", "title = 3\n")
    assert cockpit("presets", "check", "quickstart").out == "✓ quickstart  4 runs\n"
    assert cockpit("presets", "check", "broken").code == 1
    (tmp_path / "here.toml").write_text(RUN)
    assert cockpit("presets", "check", "here.toml", "quickstart").out.startswith("✓ here  1 run\n✓ quickstart")


def test_check_of_one_that_is_not_there_is_wrong_usage_and_checks_none(cockpit):
    told = cockpit("presets", "check", "quickstart", "quikstart")
    assert is_mistake(told, "did you mean 'quickstart'")
    assert told.out == ""
    assert is_mistake(cockpit("presets", "check", "./none.toml"), "no such preset file")
    assert is_mistake(cockpit("presets", "show", "none.toml"), "no such preset file")


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


# --seeds


def finish(path: Path) -> None:
    publish(path / "attempts" / "1" / "ended.json", Ended(outcome="finished", exit_code=0, time=time.time()))


def test_seeds_take_the_place_of_the_presets_own_and_runs_that_exist_are_found_again(root, cockpit):
    before = prepare(plan("quickstart", ["run.epochs=1"]), root)
    for path in before:
        finish(path)
    more = plan("quickstart", ["run.epochs=1", seeds_override("4")])
    assert len(more.runs) == 8
    assert [path for path in folders(more, root) if path.exists()] == before
    told = cockpit("run", "quickstart", "--set", "run.epochs=1", "--seeds", "4", "--dry-run").out
    assert "8 runs" in told and "4 finished already" in told
    told = cockpit("run", "quickstart", "--seeds", "0,3,7", "--dry-run", "--json").out
    assert [run["spec"]["seed"] for run in json.loads(told)["runs"]] == [0, 3, 7] * 2


def test_seeds_of_a_preset_without_an_axis_of_them_keep_its_run(root, own):
    own("single")
    only = prepare(plan("single"), root)
    assert folders(plan("single", [seeds_override("2")]), root)[0] == only[0]
    assert [run.label for run in plan("single", [seeds_override("2")]).runs] == ["seed0", "seed1"]


def test_seeds_reach_the_queue(monkeypatch, root, cockpit):
    monkeypatch.setattr(begin, "ensure", lambda root: None)
    assert cockpit("run", "quickstart", "--detach", "--seeds", "3", "--set", "run.epochs=1").code == 0
    assert len(everything(root)) == 6


@pytest.mark.parametrize("command", ["run", "doctor"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "x"], "--seeds x: not 1 to 1000 different seeds"),
        (["--seeds", "0"], "not 1 to 1000"),
        (["--seeds", "1,1"], "as in --seeds 0,3,7"),
        (["--seeds", "2", "--set", "run.seed=1"], "both say which seeds"),
        (["--seeds", "2", "--set", "grid.run.seed=[1]"], "both say which seeds"),
        (["--seeds=-1,2"], "run.seed"),
    ],
)
def test_seeds_that_are_none_or_said_twice_are_mistakes(cockpit, command, arguments, words):
    assert is_mistake(cockpit(command, "quickstart", *arguments), words)


# All of them.


@pytest.mark.parametrize("command", ["", "list", "show", "check", "new"])
def test_help_is_there(cockpit, command):
    told = cockpit("presets", *command.split(), "--help")
    assert told.code == 0
    assert f"presets {command}".strip() in told.out.splitlines()[0]


def test_the_commands_import_neither_torch_nor_textual_nor_numpy(tmp_path):
    script = """
import sys
import cockpit.cli
for arguments in (["list"], ["show", "quickstart"], ["check", "quickstart"], ["new", "quickstart"]):
    sys.argv = ["cockpit", "presets", *arguments]
    try:
        cockpit.cli.main()
    except SystemExit as left:
        assert not left.code, arguments
bad = {"torch", "textual", "numpy"} & set(sys.modules)
sys.exit(str(bad) if bad else 0)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, capture_output=True)
