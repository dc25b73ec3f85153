"""Where a setting comes from: preset, configuration, environment, command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cockpit import cli
from cockpit.plan import plan
from engine.contract.errors import UserError

pytestmark = pytest.mark.usefixtures("nobody_supervises")


def test_a_preset_gives_way_to_the_configuration_that_to_the_environment_that_to_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cockpit.overrides import overrides_of

    config = tmp_path / "config.toml"
    config.write_text("[run]\nthreads = 2\nepochs = 7\nbatch_size = 32\n")
    monkeypatch.setenv("COCKPIT_CONFIG", str(config))
    monkeypatch.setenv(
        "COCKPIT_SET", "run.epochs=8, run.phases=[{from_epoch=2, mixup=0.1},{from_epoch=3, mixup=0.2}]"
    )
    run = plan("quickstart", overrides_of(["run.epochs=9"], None)).runs[0]
    spec, sources = run.spec, run.sources
    assert (spec.threads, spec.batch_size, spec.epochs, len(spec.phases)) == (2, 32, 9, 2)
    assert sources["run.threads"] == f"config {config}"
    assert (sources["run.epochs"], sources["run.phases"]) == ("command line", "environment")
    assert sources["run.model"] == "preset quickstart"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[run]\nepohcs = 3\n", "run.epohcs: no setting"),
        ("nonsense = 1\n", "unknown key"),
        ("[run\n", "not valid TOML"),
        ("[backend.slrum]\ngpus = 1\n", "backend.slrum: no scheduler of this name\n  did you mean 'slurm'?"),
        ("[notify]\nbel = true\n", "notify.bel: unknown key\n  did you mean 'bell'?"),
    ],
)
def test_a_mistake_in_the_configuration_names_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    from cockpit.config import config

    path = tmp_path / "config.toml"
    path.write_text(text)
    monkeypatch.setenv("COCKPIT_CONFIG", str(path))
    with pytest.raises(UserError) as caught:
        config()
    assert str(path) in str(caught.value) and told in str(caught.value)


def test_every_option_has_its_environment_variable_and_help_lists_it() -> None:
    import click
    from typer.main import get_command

    def options(command: click.Command) -> list[click.Option]:
        own = [p for p in command.params if isinstance(p, click.Option) and p.name not in ("help", "version")]
        return own + [o for c in getattr(command, "commands", {}).values() for o in options(c)]

    for option in options(get_command(cli.app)):
        named = option.envvar or ("COCKPIT_SET" if option.name == "overrides" else None)
        assert isinstance(named, str) and named.startswith("COCKPIT_"), option.opts
        assert option.envvar is None or option.show_envvar
    assert "COCKPIT_SET" in CliRunner().invoke(cli.app, ["run", "--help"]).stdout


def test_the_app_opens_on_the_runs_folder_that_is_named(root: Path, monkeypatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(cli, "_open_app", lambda folder, *_: opened.append(folder))
    CliRunner().invoke(cli.app, ["--runs", str(root / "mine")])
    monkeypatch.setenv("COCKPIT_RUNS", str(root / "elsewhere"))
    CliRunner().invoke(cli.app, [])
    CliRunner().invoke(cli.app, ["--runs", str(root / "mine")])
    assert opened == [root / "mine", root / "elsewhere", root / "mine"]


def test_the_environment_reaches_options_and_the_command_line_wins(root: Path, monkeypatch) -> None:
    monkeypatch.setenv("COCKPIT_RUNS", str(root / "elsewhere"))
    monkeypatch.setenv("COCKPIT_ONLY", "*-seed1")
    told = CliRunner().invoke(cli.app, ["run", "quickstart", "--dry-run"]).stdout
    assert "2 runs" in told and str(root / "elsewhere") in told
    told = CliRunner().invoke(cli.app, ["--runs", str(root / "mine"), "run", "quickstart", "--dry-run"]).stdout
    assert str(root / "mine") in told
    told = CliRunner().invoke(cli.app, ["run", "quickstart", "--dry-run", "--runs", str(root / "own")]).stdout
    assert str(root / "own") in told
