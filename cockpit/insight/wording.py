"""A run's settings as people say them: pure functions of the spec, a phrase each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cockpit.insight.format import counted
from engine.contract import objective, schedule
from engine.contract.spec import Spec


def networks(spec: Spec) -> str:
    """`resnet32`, or for several networks `2 x resnet32 + wideresnet28_10`."""
    counts = Counter(spec.models)
    return " + ".join(name if n == 1 else f"{n} x {name}" for name, n in counts.items())


def images(spec: Spec) -> str:
    """The data set, what of it is seen, and what is done to its images."""
    told = [spec.data]
    told += [f"one of {spec.shards} shards ({spec.shard_kind})"] if spec.shards > 1 else []
    told += [f"{spec.holdout:.0%} held out"] if spec.holdout else []
    told += [f"augmentation {spec.augmentation}"] if spec.augmentation != "none" else []
    told += [f"mixup {spec.mixup:g}"] if spec.mixup else []
    told += [f"cutmix {spec.cutmix:g}"] if spec.cutmix else []
    return ", ".join(told)


def length(spec: Spec) -> str:
    """How long it trains, in steps of how many images."""
    told = [counted(spec.epochs, "epoch"), f"batches of {spec.batch_size}"]
    told += [f"each in {spec.accumulation} parts"] if spec.accumulation > 1 else []
    told += [f"stops after {counted(spec.early_stop_patience, 'epoch')} without a better {spec.criterion}"] * bool(
        spec.early_stop_patience
    )
    return ", ".join(told)


def optimiser(spec: Spec) -> str:
    """What moves the weights, and what holds them back."""
    told: list[str] = [spec.optimizer]
    if spec.optimizer == "sgd" and spec.momentum:
        told.append(f"{'Nesterov ' if spec.nesterov else ''}momentum {spec.momentum:g}")
    if spec.weight_decay:
        told.append(f"weight decay {spec.weight_decay:g}" + ("" if spec.decay_norms else " but of norms and biases"))
    told += [f"label smoothing {spec.label_smoothing:g}"] if spec.label_smoothing else []
    told += [f"dropout {spec.dropout:g}"] if spec.dropout else []
    told += [f"gradients clipped to {spec.clip_norm:g}"] if spec.clip_norm else []
    told += [f"averaged weights {spec.ema:g}"] if spec.ema else []
    told += [spec.precision] if spec.precision != "fp32" else []
    return ", ".join(told)


def rate(spec: Spec) -> str:
    """The learning rate: its maximum, how it falls, how it begins."""
    told = [f"{spec.lr:g}, {_fall(spec)}"]
    if spec.warmup_epochs:
        told.append(f"warm-up from {spec.warmup_lr:g} over {counted(spec.warmup_epochs, 'epoch')}")
    told += ["moved once an epoch"] if spec.lr_update == "epoch" and spec.lr_schedule != "constant" else []
    return ", ".join(told)


def _fall(spec: Spec) -> str:
    if spec.lr_schedule == "step":
        if not spec.lr_milestones:
            return "step without a milestone"
        return f"times {spec.lr_factor:g} after epochs {', '.join(map(str, spec.lr_milestones))}"
    if spec.lr_schedule == "plateau":
        return (
            f"times {spec.lr_factor:g} after {counted(spec.lr_patience, 'epoch')} without a better {spec.criterion}"
        )
    if spec.lr_schedule == "cosine_restarts":
        growth = f", each cycle {spec.lr_cycle_growth} times the last" if spec.lr_cycle_growth > 1 else ""
        return f"cosine to 0, again every {counted(spec.lr_cycle_epochs, 'epoch')}{growth}"
    return "cosine to 0" if spec.lr_schedule == "cosine" else spec.lr_schedule


def method(spec: Spec) -> str:
    """The objective, what it is, and how it weighs its parts."""
    told = f"{spec.objective}: {objective.KNOWN[spec.objective]}"
    weights = {
        "cross-entropy": spec.ce_weight,
        "soft answers": spec.kd_weight,
        "features": spec.feature_weight,
    }
    named = [f"{name} {value:g}" for name, value in weights.items() if value]
    if spec.kd_weight and spec.temperature:
        named.append(f"temperature {spec.temperature:g}")
    if spec.objective == "factor_transfer":
        named.append(f"paraphraser trained {spec.pretrain_epochs} epochs before")
    if spec.teacher_checkpoint == "best":
        named.append("of the teacher's best checkpoint, which is selected on the test set")
    return f"{told}; {', '.join(named)}" if named else told


def mixing(spec: Spec, epoch: int) -> str:
    """What mixes images and labels in an epoch, so that train accuracy is counted lower; empty where nothing does."""
    settings = schedule.at(spec, max(1, epoch))
    return " and ".join(name for name in ("mixup", "cutmix") if getattr(settings, name))


def phases(specs: Sequence[Spec]) -> list[str]:
    """What changes while runs train, in the order of epochs, and in how many of them where not in all."""
    changes = Counter(
        (epoch, text) for spec in specs for epoch, told in schedule.in_words(spec).items() for text in told
    )
    return [
        f"from epoch {epoch}: {text}" + ("" if n == len(specs) else f"  (in {n} of {len(specs)} runs)")
        for (epoch, text), n in sorted(changes.items(), key=lambda change: change[0][0])
    ]
