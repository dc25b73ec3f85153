"""`cockpit presets` as it is typed: list, show and check."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from smallest_preset import RUN
from told import is_mistake

from cockpit import presets
from cockpit.launch.prepare import prepare
from cockpit.plan import plan
from engine.contract.stream import Epoch, Writer

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
        # Beside a path, whose length is the machine's, lines break anywhere.
        assert " ".join(words.split()) in " ".join(told.out.split()), words
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
