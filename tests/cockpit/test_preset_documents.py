"""Each preset that comes with the project says what its document says."""

from __future__ import annotations

from typing import Any

import pytest
from shipped_presets import runs

from engine.contract.objective import DISTILLING

#: Preset -> pattern of labels -> what the document states, and what was decided where it is silent and it matters.
STATED: dict[str, dict[str, dict[str, Any]]] = {
    "dml-resnet32": {
        "*": {
            "data": "cifar100",
            "model": "resnet32",
            "epochs": 200,
            "batch_size": 64,
            "optimizer": "sgd",
            "lr": 0.1,
            "momentum": 0.9,
            "nesterov": True,
            "weight_decay": 5e-4,
            "lr_schedule": "cosine",
            "drop_last": True,
        },
        "independent": {"nodes": 1, "objective": "supervised"},
        "dml_?": {"objective": "mutual", "temperature": 1.0, "ce_weight": 1.0, "kd_weight": 1.0},
    },
    "dml-mixed": {
        "*": {"data": "cifar100", "epochs": 200, "batch_size": 64, "lr": 0.1, "nesterov": True, "drop_last": True},
        "resnet20": {"model": "resnet20", "objective": "supervised"},
        "resnet32": {"model": "resnet32", "objective": "supervised"},
        "resnet56": {"model": "resnet56", "objective": "supervised"},
        "mixed": {"model": ("resnet20", "resnet32", "resnet56"), "nodes": 3, "objective": "mutual"},
    },
    "session-02-stable": {
        "*": {
            "data": "cifar100",
            "model": "wideresnet28_10",
            "epochs": 100,
            "batch_size": 256,
            "lr": 0.1,
            "lr_schedule": "cosine_restarts",
            "lr_cycle_epochs": 25,
            "lr_cycle_growth": 1,
            "lr_update": "epoch",
            "warmup_epochs": 5,
            "warmup_lr": 0.01,
            "weight_decay": 1e-3,
            "clip_norm": 1.0,
            "precision": "fp16",
            "dropout": 0.3,
            "mixup": 0.2,
            "label_smoothing": 0.1,
            "augmentation": "full",
            "phases": (),
            "checkpoint_epochs": (10, 20, 25, 30, 40, 50, 60, 75, 90, 100),
        },
    },
    "session-04-aggressive": {
        "*": {
            "data": "cifar100",
            "model": "wideresnet28_10",
            "epochs": 100,
            "batch_size": 256,
            "lr": 0.15,
            "lr_schedule": "cosine_restarts",
            "lr_cycle_epochs": 20,
            "lr_cycle_growth": 1,
            "lr_update": "epoch",
            "warmup_epochs": 5,
            "warmup_lr": 0.01,
            "weight_decay": 1e-3,
            "clip_norm": 1.0,
            "precision": "fp16",
            "dropout": 0.3,
            "mixup": 0.2,
            "label_smoothing": 0.1,
            "augmentation": "full",
            "checkpoint_epochs": (10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
        },
    },
    "session-06": {
        "*": {
            "data": "cifar100",
            "model": "wideresnet28_10",
            "epochs": 100,
            "batch_size": 256,
            "lr": 0.2,
            "nesterov": True,
            "weight_decay": 5e-4,
            "augmentation": "crop+flip+trivial+cutout16",
            "lr_schedule": "cosine",
            "lr_update": "step",
            "mixup": 0.0,
            "dropout": 0.0,
            "label_smoothing": 0.1,
            "precision": "bf16",
        },
    },
    "kd-alpha": {
        "*": {
            "epochs": 150,
            "batch_size": 128,
            "optimizer": "sgd",
            "lr": 0.1,
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "lr_schedule": "cosine",
            "lr_update": "epoch",
            "label_smoothing": 0.1,
            "deterministic": True,
            "precision": "fp32",
        },
        "*-teacher-*": {"model": "resnet112", "objective": "supervised", "teacher_checkpoint": "last"},
        "*-pure-*": {"model": "resnet56", "objective": "supervised", "teacher_checkpoint": "last"},
        "*-logit-*": {
            "model": "resnet56",
            "objective": "logit",
            "teacher_checkpoint": "best",
            "ce_weight": 0.5,
            "kd_weight": 0.5,
            "feature_weight": 0.0,
            "temperature": 4.0,
        },
    }
    | {
        f"*-{method}-*": {
            "model": "resnet56",
            "objective": method,
            "teacher_checkpoint": "best",
            "ce_weight": 0.5,
            "kd_weight": 0.0,
            "feature_weight": 0.5,
        }
        for method in sorted(DISTILLING - {"logit"})
    },
    "kd-beta": {
        "*": {
            "epochs": 150,
            "batch_size": 128,
            "optimizer": "sgd",
            "lr": 0.1,
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "lr_schedule": "cosine",
            "lr_update": "epoch",
            "label_smoothing": 0.0,
            "deterministic": True,
            "teacher_checkpoint": "last",
        },
        "*-teacher-*": {"model": "resnet112", "objective": "supervised"},
        "*-pure-*": {"model": "resnet56", "objective": "supervised"},
        "*-logit-*": {"ce_weight": 0.1, "kd_weight": 0.9, "feature_weight": 0.0, "temperature": 4.0},
        "*-fitnets-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 100.0},
        "*-attention_transfer-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 1000.0},
        "*-factor_transfer-*": {"ce_weight": 1.0, "feature_weight": 200.0, "pretrain_epochs": 30},
        "*-rkd-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 1.0},
        "*-nst-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 50.0},
    },
    "experts": {
        "*": {
            "data": "cifar100",
            "dropout": 0.3,
            "label_smoothing": 0.05,
            "mixup": 0.2,
            "nesterov": True,
            "clip_norm": 1.0,
            "lr_schedule": "cosine_restarts",
            "early_stop_patience": 15,
            "early_stop_min_epochs": 50,
            "augmentation": "crop+flip+erasing0.25",
            "holdout": 0.1,
            "shards": 1,
        },
        "densenet121": {"batch_size": 128, "epochs": 250, "lr": 0.1},
        "preact_resnext29_8x64d": {"batch_size": 128, "epochs": 250, "lr": 0.1},
        "wideresnet28_10": {"batch_size": 128, "epochs": 250, "lr": 0.1},
        "resnet18": {"batch_size": 128, "epochs": 150, "lr": 0.1},
        "wideresnet40_2": {"batch_size": 256, "epochs": 150, "lr": 0.05},
    },
    "experts-iid": {
        "*": {
            "model": "wideresnet28_10",
            "shards": 5,
            "shard_kind": "iid",
            "batch_size": 128,
            "epochs": 250,
            "lr": 0.1,
        },
    },
    "sweep-resnet18": {
        "*": {
            "data": "cifar100",
            "clip_norm": 1.0,
            "precision": "fp16",
            "lr_schedule": "plateau",
            "holdout": 0.1,
        },
        "*-sgd": {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True},
        "*-adamw": {"optimizer": "adamw", "lr": 0.001, "weight_decay": 0.05},
        "timm_resnet18-*": {"model": "timm_resnet18"},
        "*-advanced-*": {"augmentation": "advanced"},
    },
    "sweep-resnet18-stem": {
        "*": {
            "data": "cifar100",
            "epochs": 200,
            "lr_schedule": "cosine",
            "early_stop_patience": 0,
            "holdout": 0.0,
            "clip_norm": 1.0,
        },
        "*-sgd": {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True},
        "*-adamw": {"optimizer": "adamw", "lr": 0.001, "weight_decay": 0.05},
        "timm_resnet18_cifar-*": {"model": "timm_resnet18_cifar"},
    },
}


@pytest.mark.parametrize(("name", "pattern"), [(name, pattern) for name in STATED for pattern in STATED[name]])
def test_a_preset_says_what_its_document_says(name: str, pattern: str) -> None:
    stated = STATED[name][pattern]
    for run in runs(name, pattern):
        assert {key: getattr(run.spec, key) for key in stated} == stated
