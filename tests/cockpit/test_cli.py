"""The command as it is typed: what it prints where, how it ends, what it imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COCKPIT = [sys.executable, "-P", "-m", "cockpit.cli"]


def cockpit(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COCKPIT, *arguments], check=False, capture_output=True, text=True, cwd=cwd, timeout=300)


def test_dry_run_json_is_all_there_is_on_standard_output(tmp_path: Path) -> None:
    result = cockpit("run", "quickstart", "--dry-run", "--json", "--set", "run.epochs=3", cwd=tmp_path)
    told = json.loads(result.stdout)
    assert told["preset"] == "quickstart"
    assert len(told["runs"]) == 4
    assert set(told["runs"][0]) == {"group", "name", "spec"}
    assert told["runs"][0]["spec"]["epochs"] == 3
    assert result.stderr.startswith("warning: run.phases[0]: from_epoch = 21 is beyond the last epoch (3)")
    assert result.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_dry_run_shows_what_would_run_and_runs_nothing(tmp_path: Path) -> None:
    result = cockpit("run", "quickstart", "--dry-run", "--only", "*seed1", "--group", "trial", cwd=tmp_path)
    assert "2 runs" in result.stdout
    assert "mixup0.2-seed1" in result.stdout and "seed0" not in result.stdout
    assert "from epoch 21: augmentation crop > none\n  from epoch 21: label_smoothing 0.1 > 0.0\n" in result.stdout
    assert str(tmp_path / "runs" / "trial") in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "quikstart"], "did you mean 'quickstart'"),
        (["run", "./none.toml"], "no such preset file"),
        (["run", "quickstart", "--set", "run.epohcs=3"], "did you mean 'epochs'"),
        (["run", "quickstart", "--set", "run.epochs=x"], "expected int"),
        (["run", "quickstart", "--set", "run.data=imagenet"], "no data set 'imagenet'"),
        (["run", "quickstart", "--only", "none"], "matches no run"),
        (["run", "quickstart", "--group", "../up"], "cannot be a group's name"),
        (["run", "quickstart", "--json"], "--dry-run"),
        (["run", "quickstart"], "the app needs a terminal"),
        ([], "the app needs a terminal"),
        (["ls", "--runs", "/nowhere/at/all"], "no such runs folder"),
        (["data", "import", "pets", "--from", "/nowhere"], "no such folder"),
        (["data", "import", "Pets", "--from", "."], "cannot be its name"),
    ],
)
def test_a_mistake_is_two_lines_exit_code_2_and_nothing_launched(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    if arguments[:1] == ["run"] and len(arguments) > 2 and arguments[2] != "--json":
        arguments = [*arguments, "--headless"]
    result = cockpit(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 2
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_runs_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    result = cockpit("run", "quickstart", "--headless", cwd=tmp_path)
    assert result.returncode == 2
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr


def test_ls_without_runs_says_how_to_start_some(tmp_path: Path) -> None:
    assert "cockpit run quickstart --headless" in cockpit("ls", cwd=tmp_path).stdout
    assert json.loads(cockpit("ls", "--json", cwd=tmp_path).stdout) == []


def test_help_imports_neither_torch_nor_textual_nor_numpy() -> None:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cockpit.cli", "--help"],
        check=True,
        capture_output=True,
        text=True,
    )
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in result.stderr.splitlines()}
    assert "typer" in imported
    assert imported.isdisjoint({"torch", "textual", "numpy"})


def test_the_headless_path_runs_without_textual_and_the_cockpit_without_torch(tmp_path: Path) -> None:
    script = """
import sys
sys.argv = ["cockpit", "run", "quickstart", "--dry-run"]
import cockpit.headless, cockpit.cli, cockpit.launch.begin, cockpit.dryrun
try:
    cockpit.cli.main()
except SystemExit:
    pass
bad = {"torch", "textual", "numpy"} & set(sys.modules)
sys.exit(str(bad) if bad else 0)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, capture_output=True)


def test_the_app_with_all_its_places_needs_no_heavy_library() -> None:
    script = """
import sys
import cockpit.tui.start
from cockpit.tui import keys
list(keys.bindings())  # from every screen and widget
bad = {"torch", "numpy", "scipy", "sklearn", "matplotlib", "pydantic"} & set(sys.modules)
sys.exit(str(bad) if bad else 0)
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.slow
def test_a_headless_run_trains_prints_the_table_and_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    command = ["run", "quickstart", "--headless", "--set", "run.epochs=2", "--only"]
    first = cockpit(*command, "mixup0.2-seed0", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "mixup0.2-seed0-epochs2" in first.stdout
    whole = cockpit(*command, "mixup0.2-*", cwd=tmp_path)
    assert whole.returncode == 0
    assert "mean of 2 seeds" in whole.stdout
    runs = json.loads(cockpit("ls", "--json", cwd=tmp_path).stdout)
    assert [run["status"] for run in runs] == ["finished"] * 2
    keys = "group name path status epoch epochs lr train_acc train_acc_clean test_acc best_test_acc best_epoch gap gap_clean"
    assert set(keys.split()) <= set(runs[0])
    assert all((Path(run["path"]) / "attempts" / "1").exists() for run in runs)
    assert not any((Path(run["path"]) / "attempts" / "2").exists() for run in runs)
    for run in runs:
        assert run["gap"] == pytest.approx(run["train_acc"] - run["test_acc"])


def test_a_failed_run_is_named_with_the_end_of_its_log_and_the_exit_code_says_so(tmp_path: Path) -> None:
    names = json.loads(cockpit("run", "quickstart", "--dry-run", "--json", "--set", "run.epochs=1").stdout)["runs"]
    broken = tmp_path / "runs" / "quickstart" / names[0]["name"]
    broken.mkdir(parents=True)
    (broken / "checkpoints").write_text("in the way")
    result = cockpit("run", "quickstart", "--headless", "--set", "run.epochs=1", "--only", "*-seed0*", cwd=tmp_path)
    assert result.returncode == 1
    assert f"quickstart/{names[0]['name']}: failed" in result.stdout
    assert "| FileExistsError" in result.stdout
    assert "mixup0.2-seed0-epochs1 " in result.stdout


@pytest.mark.slow
def test_quickstart_reaches_96_percent_in_every_run(tmp_path: Path) -> None:
    result = cockpit("run", "quickstart", "--headless", cwd=tmp_path)
    assert result.returncode == 0
    runs = json.loads(cockpit("ls", "--json", cwd=tmp_path).stdout)
    assert len(runs) == 4
    assert min(run["test_acc"] for run in runs) >= 0.96


def test_a_wheel_installed_elsewhere_finds_the_presets_and_runs_quickstart(tmp_path: Path) -> None:
    repository = Path(__file__).parents[2]
    wheel = ["uv", "build", "--wheel", "--out-dir", str(tmp_path / "dist"), str(repository)]
    subprocess.run(wheel, check=True, capture_output=True)
    target = [
        "uv",
        "pip",
        "install",
        "--no-deps",
        "--target",
        str(tmp_path / "site"),
        *map(str, tmp_path.glob("dist/*.whl")),
    ]
    subprocess.run(target, check=True, capture_output=True)
    (tmp_path / "empty").mkdir()
    # Before the checkout on the path, so that it is the wheel's files that run, here and in the engine.
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import cockpit, engine; print(cockpit.__file__, engine.__file__)"],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert where.stdout.count(str(tmp_path / "site")) == 2
    arguments = ["run", "quickstart", "--headless", "--set", "run.epochs=1", "--only", "mixup0-seed0*"]
    result = subprocess.run(
        [*COCKPIT, *arguments], check=False, capture_output=True, text=True, cwd=tmp_path / "empty", env=environment
    )
    assert result.returncode == 0, result.stderr
    assert [p.name for p in (tmp_path / "empty" / "runs").iterdir() if p.name[0] != "."] == ["quickstart"]


def test_a_command_line_beats_the_environment_and_a_group_before_the_command_counts(tmp_path: Path) -> None:
    environment = os.environ | {"COCKPIT_RUNS": str(tmp_path / "env")}
    command = [*COCKPIT, "--runs", str(tmp_path / "mine"), "--group", "trial", "run", "quickstart", "--dry-run"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    assert str(tmp_path / "mine" / "trial") in told
    told = subprocess.run(
        [*COCKPIT, "run", "quickstart", "--dry-run"], check=True, capture_output=True, text=True, env=environment
    ).stdout
    assert str(tmp_path / "env" / "quickstart") in told


def test_a_terminal_without_the_glyphs_still_gets_its_table(make_runs: Callable[..., list[Path]], root: Path) -> None:
    make_runs()
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    told = subprocess.run(
        [*COCKPIT, "ls", "--runs", str(root)], check=True, capture_output=True, text=True, env=environment
    )
    assert told.stdout.count("? queued") == 4


def test_an_unknown_group_is_told_with_the_nearest(make_runs: Callable[..., list[Path]], root: Path) -> None:
    make_runs()
    result = cockpit("ls", "--runs", str(root), "--group", "quikstart")
    assert result.returncode == 2
    assert "did you mean 'quickstart'" in result.stderr
