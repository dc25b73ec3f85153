"""The run folder: files appear whole, an attempt has one owner, a process is known by more than its number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.folder import Gap, SpecFile, attempts, claim, publish, read_spec, write_spec
from engine.contract.process import ProcessId, alive, identify
from engine.contract.spec import check_spec


def test_a_published_file_replaces_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    publish(path, b"one")
    publish(path, b"two")
    assert path.read_bytes() == b"two"
    with pytest.raises(FileExistsError):
        publish(path, b"three", exclusive=True)
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_publish_on_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    publish(tmp_path / "file", b"old")
    script = f"""
import resource, signal, sys
from pathlib import Path
from engine.contract.folder import Gap, SpecFile, publish
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    publish(Path({str(tmp_path / "file")!r}), b"x" * 5000)
except OSError:
    sys.exit(7)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 7
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_attempts_are_claimed_in_order_even_past_nine(tmp_path: Path) -> None:
    assert attempts(tmp_path) == []
    assert [claim(tmp_path, attempts(tmp_path)).name for _ in range(11)] == [str(n) for n in range(1, 12)]
    assert [a.name for a in attempts(tmp_path)] == [str(n) for n in range(1, 12)]


def test_of_two_who_saw_the_same_attempts_one_claims_the_next(tmp_path: Path) -> None:
    seen = attempts(tmp_path)
    claim(tmp_path, seen)
    with pytest.raises(FileExistsError):
        claim(tmp_path, seen)


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    spec = check_spec(
        {"data": "digits", "model": ["resnet8", "resnet20"], "epochs": 5, "phases": [{"from_epoch": 2, "lr": 0.2}]},
        "",
    )
    write_spec(
        tmp_path, spec, SpecFile(run={}, preset="p", sources={"run.epochs": "command line"}, gap=Gap(watch=0.01))
    )
    back, file = read_spec(tmp_path)
    assert back == spec
    assert (file.preset, file.sources, file.gap.watch) == ("p", {"run.epochs": "command line"}, 0.01)


def test_a_damaged_spec_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text("[run\n")
    with pytest.raises(UserError, match=r"spec\.toml: not valid TOML"):
        read_spec(tmp_path)


def test_a_process_is_alive_until_it_has_ended_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process = identify(child.pid)
    assert process is not None
    assert alive(process) is True
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert alive(process) is False
    child.wait()
    assert alive(process) is False


def test_a_reused_number_another_boot_and_another_host_are_not_the_process() -> None:
    me = identify(os.getpid())
    assert isinstance(me, ProcessId)
    assert alive(replace(me, start=me.start + 1)) is False
    assert alive(replace(me, boot="before")) is False
    assert alive(replace(me, host="elsewhere")) is None


def test_control_characters_become_visible() -> None:
    assert clean("a\x1b]52;c;eA==\x07b\x9b6n\u202e\tc\n") == "a␛]52;c;eA==␇b<U+009B>6n<U+202E>\tc\n"
