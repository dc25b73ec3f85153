"""What event files come to as sessions: which belong together, which tag is which figure, and what an epoch is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from torch.utils.tensorboard import SummaryWriter
from written import keras_files, only_file, torch_files

from cockpit.imports.tags import field_of
from engine.contract.stream import Epoch
from engine.sinks import TensorBoard


def over(values, first=1) -> dict[int, float]:
    return dict(enumerate(values, first))


def curve(run, field):
    return [getattr(e, field) for e in run.epochs]


@pytest.mark.parametrize(
    ("tag", "field"),
    [
        ("Accuracy/test", "test_acc"), ("acc/val", "val_acc"), ("val_acc", "val_acc"), ("testAcc", "test_acc"),
        ("validation/epoch_accuracy", "val_acc"), ("train/epoch_loss", "train_loss"), ("epoch_accuracy", "train_acc"),
        ("Loss/train", "train_loss"), ("loss", "train_loss"), ("lr", "lr"), ("learning_rate", "lr"),
        ("epoch_learning_rate", "lr"), ("Learning Rate", "lr"), ("lr-SGD", "lr"), ("test/acc@1", "test_acc"),
        ("top-1/val", "val_acc"), ("accuracy/train_clean", "train_acc_clean"), ("eval/accuracy", "val_acc"),
        ("train_loss_epoch", "train_loss"), ("val_sparse_categorical_accuracy", "val_acc"),
        ("train_loss_step", None), ("batch_loss", None), ("loss/kd", None), ("test/top5", None), ("f1/test", None),
        ("train_vs_test_acc", None), ("acc/class_3", None), ("evaluation_loss_vs_iterations", None), ("", None),
    ],
)  # fmt: skip
def test_tags_by_name(tag, field):
    assert field_of(tag) == field


def test_figures_of_a_torch_loop(tb, brought):
    torch_files(tb / "a", {
        "Accuracy/test": over([0.5, 0.6, 0.7]), "Accuracy/train": over([0.6, 0.8, 0.9]), "Loss/train": over([2, 1, 0.5]),
        "lr": over([0.1, 0.05, 0.01]), "Grad/norm": over([3, 4, 5]),
    }, at=1e9)  # fmt: skip
    run = brought()["a"]
    assert curve(run, "test_acc") == [0.5, 0.6, 0.7] and curve(run, "train_acc") == [0.6, 0.8, 0.9]
    assert curve(run, "train_loss") == [2, 1, 0.5] and curve(run, "lr") == [0.1, 0.05, 0.01]
    assert [e.extra for e in run.epochs] == [{"Grad_norm": 3.0}, {"Grad_norm": 4.0}, {"Grad_norm": 5.0}]
    assert [e.epoch for e in run.epochs] == [1, 2, 3] and run.epochs[2].time == 1e9 + 3
    assert (run.status.word, run.planned, run.problem) == ("finished", 3, "")


def test_percent_is_recognised_and_said(tb, brought):
    torch_files(tb / "a", {"acc/test": over([10, 71.19])})
    torch_files(tb / "chance", {"acc/test": over([1.01, 1.2])})
    torch_files(tb / "none", {"acc/test": over([3, 250])})
    runs = brought()
    assert curve(runs["a"], "test_acc") == [0.1, 0.7119]
    assert runs["a"].imported.notes == ("acc/test is in percent, and was divided by 100",)
    assert curve(runs["chance"], "test_acc") == pytest.approx([0.0101, 0.012])
    assert runs["none"].epochs[1].extra == {"acc_test": 250} and "no accuracy" in runs["none"].imported.notes[0]


def test_keras_folders_are_one_session(tb, brought):
    for part, last in (("train", 0.9), ("validation", 0.8)):
        keras_files(tb / "mlp" / part, {"epoch_accuracy": over([0.5, last], 0), "epoch_loss": over([1, 0.5], 0)})
    run = brought()["mlp"]
    assert [e.epoch for e in run.epochs] == [1, 2]
    assert curve(run, "train_acc") == [0.5, 0.9] and curve(run, "val_acc") == [0.5, 0.8]
    assert curve(run, "val_loss") == [1, 0.5] and run.last.extra == {}
    assert run.imported.notes == (
        "epochs are counted from 0 there, and from 1 here",
        "no test accuracy; if validation/epoch_accuracy is one: --map validation/epoch_accuracy=test_acc",
    )


def test_a_map_says_what_a_name_does_not(tb, brought):
    keras_files(tb / "mlp" / "validation", {"epoch_accuracy": over([0.5, 0.8]), "quality": over([1, 2])})
    run = brought("validation/epoch_accuracy=test_acc", "validation/quality=train_loss")["mlp"]
    assert curve(run, "test_acc") == [0.5, 0.8] and curve(run, "train_loss") == [1, 2]


def test_add_scalars_belongs_to_its_writer(tb, brought):
    writer = SummaryWriter(str(tb / "a"))
    for epoch in (1, 2):
        writer.add_scalars("Run/Loss", {"train": 1.0 / epoch, "test": 2.0 / epoch}, epoch)
        writer.add_scalar("test_acc", 0.5, epoch)
    writer.close()
    runs = brought()
    assert list(runs) == ["a"]
    assert [e.extra for e in runs["a"].epochs] == [
        {"Run_Loss_train": 1.0, "Run_Loss_test": 2.0}, {"Run_Loss_train": 0.5, "Run_Loss_test": 1.0},
    ]  # fmt: skip


def test_several_files_of_one_folder_and_a_restart(tb, brought):
    torch_files(tb / "a", {"test_acc": over([0.1, 0.2, 0.3, 0.4])}, at=1000, filename_suffix=".one")
    torch_files(tb / "a", {"test_acc": {3: 0.35, 4: 0.45, 5: 0.55}}, at=2000, filename_suffix=".two")
    assert curve(brought()["a"], "test_acc") == [0.1, 0.2, 0.35, 0.45, 0.55]


def test_the_later_written_wins_whatever_file_it_stands_in(tb, brought):
    torch_files(tb / "a", {"test_acc": {2: 0.9, 3: 0.95}}, at=5000, filename_suffix=".a")
    torch_files(tb / "a", {"test_acc": over([0.1, 0.2, 0.3])}, at=1000, filename_suffix=".z")
    assert curve(brought()["a"], "test_acc") == [0.1, 0.9, 0.95]


def test_what_a_restart_made_void_is_gone(tb, brought):
    torch_files(tb / "a", {"test_acc": over([0.1, 0.2, 0.3, 0.4, 0.5])}, at=1000)
    torch_files(tb / "a", {"test_acc": {3: 0.9}}, purge_step=3, filename_suffix=".later")
    assert curve(brought()["a"], "test_acc") == [0.1, 0.2, 0.9]


def test_steps_become_epochs_and_stay_in_extra(tb, brought):
    torch_files(tb / "a", {
        "test/acc": {391: 0.3, 782: 0.4}, "train/loss": {s: float(s) for s in range(1, 901, 100)},
        "lr": {s: 1 / s for s in range(1, 783)},
    })  # fmt: skip
    run = brought()["a"]
    assert [(e.epoch, e.extra["step"]) for e in run.epochs] == [(1, 391), (2, 782)]
    assert curve(run, "train_loss") == [(1 + 101 + 201 + 301) / 4, (401 + 501 + 601 + 701) / 4]
    assert curve(run, "lr") == pytest.approx([1 / 391, 1 / 782])
    assert run.imported.notes == (
        "steps of test/acc count 391, 782: taken as epochs in their order; the step stands in extra",
        "train/loss has 9 values: the mean of each epoch, told by step",
        "1 value of train/loss after the last epoch left out",
        "lr has 782 values: the last value of each epoch, told by step",
    )


def test_steps_that_count_otherwise_are_told_by_time(tb, brought):
    writer = SummaryWriter(str(tb / "a"))
    for step in range(1, 41):
        writer.add_scalar("train/loss", float(step), step, walltime=1000 + step)
        if step % 20 == 0:
            writer.add_scalar("test/acc", step / 100, step // 20, walltime=1000.5 + step)
    writer.close()
    run = brought()["a"]
    assert curve(run, "test_acc") == [0.2, 0.4] and curve(run, "train_loss") == [10.5, 30.5]
    assert run.imported.notes == ("train/loss has 40 values: the mean of each epoch, told by time",)


def test_a_counter_of_epochs_is_believed(tb, brought):
    steps = {99: 0, 199: 1, 299: 2, 399: 4}
    torch_files(tb / "a", {"test_acc": dict.fromkeys(steps, 0.5), "epoch": {s: float(e) for s, e in steps.items()}})
    run = brought()["a"]
    assert [e.epoch for e in run.epochs] == [1, 2, 3, 5] and run.last.extra == {"step": 399}


def test_our_own_files_come_back_as_equal_curves(tb, brought):
    members = [SimpleNamespace(node=n, name="resnet8") for n in (0, 1)]
    for name, nodes in (("one", members[:1]), ("two", members)):
        sink = TensorBoard(tb / name / "tensorboard", nodes, 1)
        for epoch in (1, 2):
            for member in nodes:
                sink.write(member.node, own(epoch, member.node))
            sink.write_together(Epoch(epoch=epoch, extra={"ensemble_acc": 0.75, "agreement": 0.5}))
        sink.close()
    runs = brought()
    assert sorted(runs) == ["one", "two"]
    for mine, back in zip([own(1, 0), own(2, 0)], runs["one"].epochs, strict=True):
        for field in ("train_acc", "train_acc_clean", "test_acc", "train_loss", "test_loss", "lr"):
            assert getattr(back, field) == getattr(mine, field), field
        assert back.extra == {"loss_ce": 1.5}
    two = runs["two"]
    assert [e.test_acc for e in two.nodes[1]] == [own(1, 1).test_acc, own(2, 1).test_acc]
    assert two.epochs[0].test_acc == pytest.approx((own(1, 0).test_acc + own(1, 1).test_acc) / 2)
    assert two.last.extra == {"loss_ce": 1.5, "ensemble_acc": 0.75, "agreement": 0.5}


def own(epoch, node) -> Epoch:
    at = epoch + node / 10
    return Epoch(epoch=epoch, lr=0.1 / epoch, train_acc=0.2 * at, train_loss=2 / at, train_acc_clean=0.25 * at,
                 test_acc=0.15 * at, test_loss=1.9 / at, extra={"loss_ce": 1.5})  # fmt: skip


def test_not_a_number_stays_one(tb, brought):
    torch_files(tb / "a", {"test_acc": over([0.1, float("nan"), 0.1]), "loss": over([1, float("inf"), 2])})
    assert str(curve(brought()["a"], "test_acc")) == "[0.1, nan, 0.1]"


def test_damage_is_told_and_the_rest_kept(tb, brought):
    path = only_file(torch_files(tb / "a", {"test_acc": over([0.1, 0.2, 0.3])}))
    path.write_bytes(path.read_bytes()[:-3])
    run = brought()["a"]
    assert curve(run, "test_acc") == [0.1, 0.2]
    assert run.imported.notes == (f"a/{path.name}: its last record is cut off",)
