"""From a preset file to a list of checked runs, and every mistake on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from smallest_preset import RUN

from cockpit import presets
from cockpit.plan import parse_override, plan
from engine.contract.errors import UserError


@pytest.fixture
def preset(tmp_path: Path) -> object:
    def write(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return str(path)

    return write


def test_quickstart_is_two_settings_by_two_seeds_with_a_change_in_the_middle() -> None:
    quickstart = plan("quickstart")
    assert [run.label for run in quickstart.runs] == [
        "mixup0-seed0",
        "mixup0-seed1",
        "mixup0.2-seed0",
        "mixup0.2-seed1",
    ]
    assert all(run.name.startswith(run.label) and run.group == "quickstart" for run in quickstart.runs)
    assert all(run.spec.deterministic and run.spec.phases[0]["from_epoch"] == 21 for run in quickstart.runs)
    assert quickstart.cautions == ()


def test_every_shipped_preset_loads() -> None:
    assert "quickstart" in presets.names()
    for path in presets.names().values():
        assert presets.load(path).title


def test_a_phase_beyond_the_end_is_a_caution_and_no_error() -> None:
    short = plan("quickstart", ["run.epochs=3"])
    assert len(short.cautions) == 1
    assert "beyond the last epoch (3)" in short.cautions[0]
    assert short.runs[0].label == "mixup0-seed0-epochs3"


def test_a_grid_is_multiplied_out_last_axis_fastest_less_what_it_skips(preset) -> None:
    text = RUN + '[grid]\n"run.lr" = [0.1, 0.2]\nrun.seed = [0, 1]\n[[grid.skip]]\n"run.lr" = 0.2\nrun.seed = 1\n'
    assert [r.label for r in plan(preset(text)).runs] == ["lr0.1-seed0", "lr0.1-seed1", "lr0.2-seed0"]


def test_an_override_of_an_axis_takes_its_place(preset) -> None:
    text = RUN + "[grid]\nrun.lr = [0.1, 0.2]\nrun.seed = [0, 1]\n"
    assert [r.spec.seed for r in plan(preset(text), ["run.seed=7"]).runs] == [7, 7]
    assert [r.spec.lr for r in plan(preset(text), ["grid.run.lr=[0.3]"]).runs] == [0.3, 0.3]


def test_what_does_not_change_results_changes_no_label_and_no_identity() -> None:
    assert [r.name for r in plan("quickstart", ["run.threads=2", "run.lr=0.1"]).runs] == [
        r.name for r in plan("quickstart").runs
    ]


def test_every_value_says_where_it_came_from() -> None:
    sources = plan("quickstart", ["run.epochs=3"]).runs[0].sources
    assert sources["run.epochs"] == "command line"
    assert sources["run.lr"] == "preset quickstart"
    assert sources["run.seed"] == "grid of preset quickstart"
    assert sources["run.momentum"] == "default"


@pytest.mark.parametrize(
    ("text", "value"),
    [("run.epochs=3", 3), ("run.lr = 1e-2", 0.01), ("run.model=resnet20", "resnet20"), ("run.nesterov=true", True)],
)
def test_a_value_is_toml_and_else_text(text: str, value: object) -> None:
    assert parse_override(text)[1] == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RUN.replace("epochs", "epohcs"), ["run.epohcs", "did you mean 'epochs'"]),
        (RUN.replace("= 3", '= "3"'), ["run.epochs", "expected int", "'3'"]),
        ("titel = 1\n" + RUN, ["titel", "did you mean 'title'"]),
        (RUN.replace('title = "T"\n', ""), ["title", "missing"]),
        (RUN.replace("[run]", "[run"), ["not valid TOML", "line 2"]),
        (RUN.replace("digits", "digit"), ["run.data", "did you mean 'digits'", "cockpit data import"]),
        (RUN + "[grid]\nrun.lr = 0.1\n", ["grid.run.lr", "list"]),
        (RUN + "[grid]\nrun.rl = [1]\n", ["grid.run.rl", "did you mean 'run.lr'"]),
        (RUN + "[grid]\nrun.seed = [0, 0]\n", ["grid", "two equal runs"]),
        (RUN + "[grid]\nrun.seed = [0]\n[[grid.skip]]\nrun.seed = 0\n", ["every point is skipped"]),
        (RUN + "[grid]\nrun.seed = [0]\n[[grid.skip]]\nrun.lr = 0\n", ["grid.skip[0].run.lr", "no axis"]),
        (RUN + "[gap]\nwatsh = 0.1\n", ["gap"]),
        ('title = "T"\nrun = 3\n', ["run", "expected"]),
    ],
)
def test_a_mistake_in_a_preset_names_file_key_and_remedy(preset, text: str, words: list[str]) -> None:
    path = preset(text)
    with pytest.raises(UserError) as caught:
        plan(path)
    told = str(caught.value)
    assert path in told
    assert told.count("\n") == 1
    for word in words:
        assert word in told


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["run.epohcs=3"], "did you mean 'epochs'"),
        (["run.epochs=soon"], "found the text 'soon'"),
        (["epochs=3"], "paths begin with run."),
        (["run.epochs"], "path=value"),
        (["description.x=3"], "paths begin with run."),
        (["run=3"], "paths begin with run."),
    ],
)
def test_a_mistake_in_an_override_names_the_option(overrides: list[str], words: str) -> None:
    with pytest.raises(UserError) as caught:
        plan("quickstart", overrides)
    assert f"--set {overrides[0]}" in str(caught.value)
    assert words in str(caught.value)


def test_names_that_lead_nowhere_are_told() -> None:
    with pytest.raises(UserError, match="did you mean 'quickstart'"):
        plan("quikstart")
    with pytest.raises(UserError, match="no such preset file"):
        plan("./none.toml")
    with pytest.raises(UserError, match="names are: mixup0-seed0"):
        plan("quickstart", only="*seed9")
    for group in ("../x", "A", "published", "a/b"):
        with pytest.raises(UserError, match="cannot be a group's name"):
            plan("quickstart", group=group)


def test_only_picks_by_label_or_name() -> None:
    assert [r.label for r in plan("quickstart", only="*-seed1").runs] == ["mixup0-seed1", "mixup0.2-seed1"]
    name = plan("quickstart").runs[2].name
    assert [r.name for r in plan("quickstart", only=name).runs] == [name]


def test_an_override_leaves_a_skip_of_other_axes_and_takes_its_own_along(preset) -> None:
    text = RUN + "[grid]\nrun.lr = [0.1, 0.2]\nrun.seed = [0, 1]\n[[grid.skip]]\nrun.lr = 0.2\nrun.seed = 1\n"
    assert len(plan(preset(text), ["run.epochs=5"]).runs) == 3
    assert len(plan(preset(text), ["run.seed=1"]).runs) == 2
    assert len(plan(preset(text), ["grid.skip=[]"]).runs) == 4


def test_only_matches_the_grids_own_label_under_overrides_too() -> None:
    assert len(plan("quickstart", ["run.epochs=3"], only="*-seed0").runs) == 2


def test_thresholds_that_do_not_rise_are_refused() -> None:
    with pytest.raises(UserError, match="thresholds must rise"):
        plan("quickstart", ["gap.warn=5"])


def test_other_images_under_an_old_name_make_another_run(preset, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.contract import dataset

    names = []
    for content in ("", "one", "two"):
        monkeypatch.setattr(dataset, "content", lambda name, content=content: content)
        names.append(plan(preset(RUN)).runs[0].name)
    assert len(set(names)) == 3


def test_a_set_too_small_for_one_step_is_refused_before_launch(preset) -> None:
    with pytest.raises(UserError, match=r"run\.batch_size: 5000 images a step, but digits has 1442"):
        plan(preset(RUN + "drop_last = true\nbatch_size = 5000\n"))
