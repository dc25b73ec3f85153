"""What a fork is by the contract: an identity of its own, and a copy of its parent's first records."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.contract.errors import UserError
from engine.contract.folder import SpecFile, read_spec, write_spec
from engine.contract.inherited import inherited
from engine.contract.spec import Fork, Inputs, check_spec, identity, setting
from engine.contract.stream import (
    AnyRecord,
    CheckpointSaved,
    Epoch,
    Forked,
    PhaseChanged,
    Reader,
    RunFailed,
    RunFinished,
    RunStarted,
    StageStarted,
    Warned,
    Writer,
    as_line,
)

SPEC = check_spec({"data": "digits", "model": "resnet8", "epochs": 10}, "test")
FORK = Fork(group="g", name="parent-abcdef", identity="a" * 64, setting="b" * 64, epoch=5)


def started(epoch: int = 0, step: int = 0, attempt: int = 1) -> RunStarted:
    return RunStarted(
        epochs=10, steps_per_epoch=2, train_images=3, test_images=3, parameters=(1,), device="cpu", environment={},
        epoch=epoch, step=step, attempt=attempt,
    )  # fmt: skip


def test_a_fork_is_another_run_than_its_parent_and_than_a_fork_elsewhere_whatever_they_are_called() -> None:
    forked = identity(SPEC, Inputs(fork=FORK))
    assert forked != identity(SPEC)
    assert forked != identity(SPEC, Inputs(fork=replace(FORK, epoch=6)))
    assert forked != identity(SPEC, Inputs(fork=replace(FORK, identity="c" * 64)))
    assert forked == identity(SPEC, Inputs(fork=replace(FORK, group="other", name="renamed")))


def test_forks_of_equal_parents_are_one_setting_over_their_seeds() -> None:
    one, other = Inputs(fork=FORK), Inputs(fork=replace(FORK, identity="c" * 64))
    assert setting(SPEC, one) == setting(replace(SPEC, seed=1), other)
    assert setting(SPEC, one) != setting(SPEC, Inputs(fork=replace(FORK, setting="d" * 64)))


def test_what_a_fork_began_as_stands_in_its_file_and_no_other_run_tells_of_one(tmp_path: Path) -> None:
    write_spec(tmp_path / "fork", SPEC, SpecFile(run={}, inputs=Inputs(data="x", fork=FORK)))
    assert read_spec(tmp_path / "fork")[1].inputs.fork == FORK
    write_spec(tmp_path / "plain", SPEC, SpecFile(run={}, inputs=Inputs(data="x")))
    assert "fork" not in (tmp_path / "plain" / "spec.toml").read_text()
    text = (tmp_path / "fork" / "spec.toml").read_text()
    (tmp_path / "fork" / "spec.toml").write_text(text.replace("epoch = 5", "epoch = 0"))
    with pytest.raises(UserError, match="inputs"):
        read_spec(tmp_path / "fork")


STREAM: list[AnyRecord] = [
    started(),
    StageStarted(stage="train", epochs=10),
    *(Epoch(epoch=e, test_acc=e / 10, attempt=1) for e in (1, 2)),
    CheckpointSaved(epoch=2, file="epoch-0002.pt", best=True),
    Epoch(epoch=3, test_acc=0.0, attempt=1),
    RunFailed(reason="x"),
    started(epoch=2, attempt=2),
    PhaseChanged(epoch=3, changes={"mixup": (0.2, 0.0)}),
    Epoch(epoch=3, test_acc=0.3, attempt=2),
    Warned(kind="not exact", message="threads 1 > 2", epoch=2),
    CheckpointSaved(epoch=3, file="epoch-0003.pt"),
    Warned(kind="later", message="no epoch"),
    started(epoch=3, step=1, attempt=3),
    Epoch(epoch=4, test_acc=0.4, attempt=3),
    CheckpointSaved(epoch=4, file="epoch-0004.pt"),
    RunFinished(epoch=4),
]


def test_a_fork_takes_over_what_was_until_its_epoch_once_and_in_order() -> None:
    taken = inherited(STREAM, 3, {"epoch-0003.pt"})
    assert [type(r).__name__ for r in taken] == [
        "RunStarted", "StageStarted", "Epoch", "Epoch", "RunStarted", "PhaseChanged", "Epoch", "Warned",
        "CheckpointSaved",
    ]  # fmt: skip
    assert [r.test_acc for r in taken if isinstance(r, Epoch)] == [0.1, 0.2, 0.3]
    assert [r.seq for r in taken] == list(range(9))
    assert {r.attempt for r in taken} == {0}


def test_a_kill_before_the_record_of_the_checkpoint_loses_no_epoch() -> None:
    torn = [r for r in STREAM if not (isinstance(r, CheckpointSaved) and r.epoch == 3)]
    assert [r.epoch for r in inherited(torn, 3, set()) if isinstance(r, Epoch)] == [1, 2, 3]


def test_what_its_parent_did_anew_after_that_checkpoint_takes_no_epoch_away() -> None:
    anew = [Epoch(epoch=2, test_acc=0.9, attempt=4), Epoch(epoch=3, test_acc=0.9, attempt=4)]
    assert inherited([*STREAM, *anew], 3, {"epoch-0003.pt"}) == inherited(STREAM, 3, {"epoch-0003.pt"})


def test_what_came_before_the_training_is_taken_whole_and_each_node_has_its_own() -> None:
    records = [Epoch(epoch=e, stage="paraphraser") for e in (1, 2, 3)]
    records += [Epoch(epoch=e, node=n) for e in (1, 2) for n in (0, 1, None)]
    taken = [(r.stage, r.epoch, r.node) for r in inherited(records, 1, set()) if isinstance(r, Epoch)]
    assert taken == [("paraphraser", e, None) for e in (1, 2, 3)] + [("train", 1, n) for n in (0, 1, None)]


def test_a_writer_goes_on_behind_what_was_copied(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    copied = inherited(STREAM, 3, set())
    end = Forked(group="g", name="parent", identity="a", epoch=3, seq=len(copied), time=9.0)
    path.write_bytes(b"".join(map(as_line, [*copied, end])))
    writer = Writer(path, 1)
    writer.append(Epoch(epoch=4))
    writer.close()
    records = Reader(path).poll()
    assert [r.seq for r in records] == list(range(len(copied) + 2))
    assert records[-2] == end and records[-1].attempt == 1
