"""Doctor: each fault is put there, and found, before anything is queued."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from cockpit.doctor import folder_finding, login_finding
from engine import probe
from engine.contract import dataset
from engine.contract.finding import Finding
from engine.contract.spec import Spec, check_spec
from engine.data import cache
from engine.data.arrays import Arrays
from engine.data.digits import digits


def spec(**settings: object) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 2, "device": "cpu"} | settings, "test")


def faults(root: Path, **settings: object) -> dict[str, Finding]:
    """What would make this run fail, by what it is about."""
    return {f.subject: f for f in probe.look({"run": spec(**settings)}, root) if f.level == "fault"}


def test_a_sound_preset_has_nothing_wrong_and_exits_0(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "cockpit.cli", "doctor", "quickstart", "--runs", str(tmp_path / "runs")]
    result = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    for subject in ("packages", "login", "runs folder", "data set digits", "memory", "disk"):
        assert f"✓ {subject}: " in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_faults_are_told_with_a_remedy_and_exit_1(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "cockpit.cli", "doctor", "quickstart", "--set", "run.data=svhn"]
    result = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 1
    assert "✗ data set svhn: not at hand\n    cockpit data prepare svhn" in result.stdout
    assert "1 thing would make a run fail" in result.stdout


def test_a_package_that_a_data_set_needs_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended eight runs of the distillation experiment at their start: SVHN's files need scipy."""
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    found = faults(tmp_path, data="svhn")["data set svhn"]
    assert "scipy" in found.words and "install scipy" in found.remedy


def test_a_data_set_whose_content_has_changed_by_one_byte(tmp_path: Path) -> None:
    source = digits()
    cache.save("mine", Arrays(**vars(source)), "test")
    assert faults(tmp_path, data="mine") == {}
    with (dataset.data_home() / "mine" / "train_images.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x77")
    assert "sha256" in faults(tmp_path, data="mine")["data set mine"].words


def test_a_gpu_is_asked_for_and_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert "sees no GPU" in faults(tmp_path, device="cuda")["device"].words


def test_the_largest_run_does_not_fit_into_memory(tmp_path: Path) -> None:
    assert "GiB" in faults(tmp_path, model="wideresnet16_1", batch_size=50_000_000)["memory"].words
    assert "memory" not in faults(tmp_path, model="wideresnet16_1", batch_size=512)


def test_checkpoints_do_not_fit_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("engine.probe.shutil.disk_usage", lambda _: usage(10**6, 10**6 - 10**4, 10**4))
    assert "--runs" in faults(tmp_path)["disk"].remedy


def test_a_network_that_does_not_take_these_images(tmp_path: Path) -> None:
    found = faults(tmp_path, model="timm:vit_tiny_patch16_224")
    assert "cannot take images of (1, 8, 8)" in next(iter(found.values())).words


def test_a_module_that_several_runs_need_is_missing_once(tmp_path: Path) -> None:
    runs = {f"kd/seed{seed}": spec(seed=seed, model="mynet:network") for seed in (0, 1)}
    runs["kd/student"] = spec(objective="logit", teacher="kd/seed0")
    found = [f for f in probe.look(runs, tmp_path) if f.level == "fault"]
    assert [f.subject for f in found] == ["network mynet:network"]
    assert "mynet" in found[0].words and "(3 runs)" in found[0].words
    alone = spec(objective="logit", teacher="kd/seed0")
    subjects = [f.subject for f in probe.look({"kd/student": alone, "kd/seed0": runs["kd/seed0"]}, tmp_path)]
    assert "network resnet8 with the teacher mynet:network" in subjects


def test_a_login_that_kills_what_is_left_running(tmp_path: Path) -> None:
    conf, linger = tmp_path / "logind.conf.d", tmp_path / "linger"
    conf.mkdir()
    linger.mkdir()
    assert login_finding((conf,), linger, "ann").level == "ok"
    (conf / "50-kill.conf").write_text("[Login]\n# a comment\nKillUserProcesses=yes\n")
    found = login_finding((conf,), linger, "ann")
    assert (found.level, found.remedy) == ("fault", "loginctl enable-linger ann")
    (linger / "ann").touch()
    assert login_finding((conf,), linger, "ann").level == "ok"


def test_a_runs_folder_that_cannot_be_written(tmp_path: Path) -> None:
    assert folder_finding(tmp_path / "new" / "runs").level == "ok"
    (tmp_path / "file").write_text("")
    assert folder_finding(tmp_path / "file").level == "fault"
