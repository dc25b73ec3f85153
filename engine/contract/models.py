"""What a network may be called, so that a name can be checked before anything runs.

The engine builds them (engine/models/registry.py); the cockpit, which never imports torch, checks, completes
and explains them by what stands here. A name is one of `KNOWN`, or follows one of `PATTERNS`. Every one of
them can be part of a file name: none holds a slash.
"""

from __future__ import annotations

import re

from engine.contract.errors import UserError, nearest

#: Networks with a name of their own, each in one line. "Small images": any from 8x8 up.
KNOWN = {
    "baby": "the smallest ResNet of the CIFAR family, one block a group: resnet8 by another name",
    "resnet8": "ResNet for small images, 1 block a group of 16, 32 and 64 channels (He 2015, section 4.2)",
    "resnet14": "the same with 2 blocks a group",
    "resnet20": "the same with 3 blocks a group",
    "resnet32": "the same with 5 blocks a group",
    "resnet44": "the same with 7 blocks a group",
    "resnet56": "the same with 9 blocks a group",
    "resnet110": "the same with 18 blocks a group",
    "resnet112": "resnet110, as the distillation experiments call the network of 18 blocks a group",
    "resnet18": "ImageNet's ResNet-18 with a stem for small images, 64 to 512 channels (He 2015, table 1)",
    "resnet34": "ImageNet's ResNet-34 with a stem for small images",
    "resnet50": "ImageNet's ResNet-50, of bottlenecks, with a stem for small images",
    "preact_resnet18": "ResNet-18 with normalisation and ReLU before each convolution (He 2016)",
    "preact_resnet34": "ResNet-34 in that form",
    "preact_resnet50": "ResNet-50 in that form",
    "wideresnet16_1": "wide ResNet of 16 layers, width 1 (Zagoruyko 2016)",
    "wideresnet40_2": "wide ResNet of 40 layers, width 2",
    "wideresnet28_10": "wide ResNet of 28 layers, width 10",
    "resnext29_8x64d": "ResNeXt of 29 layers, 8 paths of width 64 (Xie 2017)",
    "resnext29_16x64d": "ResNeXt of 29 layers, 16 paths of width 64",
    "preact_resnext29_8x64d": "resnext29_8x64d with normalisation and ReLU before each convolution",
    "densenet121": "ImageNet's DenseNet-121 with a stem for small images (Huang 2017)",
    "densenet169": "ImageNet's DenseNet-169 with a stem for small images",
    "densenet201": "ImageNet's DenseNet-201 with a stem for small images",
    "efficient_densenet": "a DenseNet-BC of about 2.5 million parameters (Huang 2017)",
    "timm_resnet18": "timm's ResNet-18 as it comes: its ImageNet stem leaves 8x8 of a 32x32 image",
    "timm_resnet18_cifar": "timm's ResNet-18 with a 3x3 stem and no pooling after it",
}

#: Names with a free part, each in one line.
PATTERNS = {
    "wideresnetD_W": "wide ResNet of D = 6n + 4 layers, W times as wide as the narrowest (Zagoruyko 2016)",
    "timm:NAME": "any network of timm's, with fresh weights; the engine checks NAME",
    "package.module:callable": "your own: called with channels=..., classes=..., it returns a torch.nn.Module",
}

_WIDE_RESNET = re.compile(r"wideresnet([1-9][0-9]*)_([1-9][0-9]*)")
_TIMM = re.compile(r"timm:[A-Za-z0-9_][A-Za-z0-9_.-]*")
_OWN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def check_model(name: str, where: object, key: str) -> None:
    """Whether the engine may know a network by this name.

    Of `timm:NAME` and of a user's own only the form is checked: what stands behind it takes torch to see.

    Raises:
        UserError: at `where` and `key`; the remedy is the nearest known name.
    """
    if name in KNOWN or _TIMM.fullmatch(name) or _OWN.fullmatch(name) or _is_wide_resnet(name):
        return
    raise UserError(where, key, f"unknown network {name!r}", _remedy(name))


def wide_resnet(name: str) -> tuple[int, int] | None:
    """(depth, width) out of `wideresnetD_W`; None for a name of another form. Whether D is 6n + 4 is not asked."""
    match = _WIDE_RESNET.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def groups(name: str) -> int | None:
    """How many groups of blocks a network of our own families has, each a stage; None where only torch can tell."""
    if wide_resnet(name) or "resnext29" in name or name == "efficient_densenet":
        return 3
    if name.startswith("timm") or name not in KNOWN:
        return None
    return 4 if name.startswith("densenet") or name.endswith(("resnet18", "resnet34", "resnet50")) else 3


def _is_wide_resnet(name: str) -> bool:
    depth, _ = wide_resnet(name) or (0, 0)
    return depth >= 10 and depth % 6 == 4


def _remedy(name: str) -> str:
    """The nearest name; by depth where the name has one, for letters alone bring resnet30 next to resnet50."""
    if wide := wide_resnet(name):
        depth = max(10, round((wide[0] - 4) / 6) * 6 + 4)
        return f"did you mean 'wideresnet{depth}_{wide[1]}'? the depth must be 6n + 4"
    if match := re.fullmatch(r"((?:preact_)?resnet)(\d+)", name):
        depths = [int(known[len(match[1]) :]) for known in KNOWN if re.fullmatch(match[1] + r"\d+", known)]
        depth = min(depths, key=lambda known: abs(known - int(match[2])))
        return f"did you mean '{match[1]}{depth}'?"
    if ":" in name:
        return f"write {' or '.join(pattern for pattern in PATTERNS if ':' in pattern)}"
    return nearest(name, [*KNOWN, *PATTERNS])
