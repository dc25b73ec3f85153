"""Checkpoints: a bad one is passed over aloud, a failed save removes nothing, only what is named is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine import checkpoint
from engine.contract.spec import check_spec
from engine.data.batches import Data
from engine.data.digits import digits
from engine.networks import Member, build_networks
from engine.state import State

CPU = torch.device("cpu")
SPEC = check_spec({"data": "digits", "model": "resnet8", "epochs": 9}, "test")


@pytest.fixture(scope="module")
def members() -> list[Member]:
    return build_networks(SPEC, Data(digits(), SPEC, CPU))


def save(folder: Path, members: list[Member], epoch: int, *, step: int = 0, best: bool = False) -> str:
    state = State(1)
    state.epoch, state.step = epoch, step
    return checkpoint.save(folder, state, members, environment={}, keep=[3], test_acc=0.5, best=best)


def restored(folder: Path, members: list[Member]) -> tuple[int, int, list[str]]:
    said: list[str] = []
    state, _ = checkpoint.restore(folder, members, CPU, said.append)
    return state.epoch, state.step, said


def test_the_beginning_is_where_nothing_was_saved(tmp_path: Path, members: list[Member]) -> None:
    assert restored(tmp_path / "none", members) == (0, 0, [])


def test_kept_are_the_two_newest_the_best_and_the_named(tmp_path: Path, members: list[Member]) -> None:
    for epoch in range(1, 8):
        save(tmp_path, members, epoch, best=epoch == 2)
    save(tmp_path, members, 7, step=4)
    kept = ["epoch-0002", "epoch-0003", "epoch-0007", "epoch-0007-step-00004"]
    assert sorted(p.stem for p in tmp_path.glob("*.pt")) == kept
    assert sorted(p.stem for p in tmp_path.glob("epoch-*.json")) == kept
    assert restored(tmp_path, members) == (7, 4, [])


def test_a_flipped_bit_is_noticed_and_the_one_before_is_taken(tmp_path: Path, members: list[Member]) -> None:
    save(tmp_path, members, 1)
    name = save(tmp_path, members, 2)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    epoch, _, said = restored(tmp_path, members)
    assert epoch == 1
    assert "epoch-0002.pt is passed over" in said[0]
    assert "sha256" in said[0]


def test_a_state_without_its_manifest_does_not_count(tmp_path: Path, members: list[Member]) -> None:
    save(tmp_path, members, 1)
    save(tmp_path, members, 2)
    (tmp_path / "epoch-0002.json").unlink()
    assert restored(tmp_path, members)[0] == 1


def test_a_failed_save_is_an_error_and_every_earlier_one_is_still_there(
    tmp_path: Path, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, members, 1)
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            save(tmp_path, members, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert restored(tmp_path, members) == (1, 0, [])
    assert not list(tmp_path.glob(".*"))


def test_weights_momentum_and_tally_come_back_to_the_bit(tmp_path: Path, members: list[Member]) -> None:
    member = members[0]
    member.network(torch.randn(4, 1, 8, 8)).sum().backward()
    member.optimizer.step()
    state = State(1)
    state.epoch, state.step, state.best = 3, 5, (0.75, 2)
    state.tally.add(torch.tensor([1.25]), torch.tensor([7.0]), 64)
    checkpoint.save(tmp_path, state, members, environment={"torch": "x"}, keep=[], test_acc=None, best=False)
    other = build_networks(SPEC, Data(digits(), SPEC, CPU))
    back, manifest = checkpoint.restore(tmp_path, other, CPU, pytest.fail)
    assert manifest is not None and manifest.environment == {"torch": "x"}
    assert (back.epoch, back.step, back.best, back.tally.images) == (3, 5, (0.75, 2), 64)
    assert back.tally.means() == [(7.0 / 64, 1.25 / 64)]
    for a, b in zip(member.network.parameters(), other[0].network.parameters(), strict=True):
        assert torch.equal(a, b)
        assert torch.equal(
            member.optimizer.state[a]["momentum_buffer"], other[0].optimizer.state[b]["momentum_buffer"]
        )


def test_a_kill_between_any_two_files_of_a_save_loses_no_best(
    tmp_path: Path, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The save is cut off after its first, second and third file; then training goes on as if nothing was."""
    whole = checkpoint.publish
    for cut in (0, 1, 2):
        folder = tmp_path / str(cut)
        state = State(1)
        state.epoch, state.best = 1, (0.5, 1)
        checkpoint.save(folder, state, members, environment={}, keep=[], test_acc=0.5, best=True)
        state.epoch, state.best = 2, (0.9, 2)
        written = []

        def until_killed(path: Path, content: object, written: list[Path] = written, cut: int = cut) -> None:
            if len(written) == cut:
                raise KeyboardInterrupt
            written.append(path)
            whole(path, content)  # type: ignore[arg-type]

        monkeypatch.setattr(checkpoint, "publish", until_killed)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.save(folder, state, members, environment={}, keep=[], test_acc=0.9, best=True)
        monkeypatch.setattr(checkpoint, "publish", whole)
        back, _ = checkpoint.restore(folder, members, CPU, pytest.fail)
        assert back.epoch == (2 if cut == 2 else 1)
        for epoch in (3, 4, 5):
            back.epoch = epoch
            checkpoint.save(folder, back, members, environment={}, keep=[], test_acc=0.1, best=False)
        best = checkpoint.best_manifest(folder)
        assert best is not None and best.epoch == back.best[1]
        assert (folder / best.file).exists()
        assert not list(folder.glob(".*"))
        assert {p.stem for p in folder.glob("*.pt")} == {p.stem for p in folder.glob("epoch-*.json")}
