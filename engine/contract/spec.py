"""What one run is: every setting, what it means, its unit, its default, and the run's identity."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from engine.contract.checked import check
from engine.contract.errors import UserError, nearest

Augmentation = Literal["none", "crop", "basic"]
Schedule = Literal["constant", "cosine"]

#: Networks the engine builds by name (engine/models); a test holds the two lists together.
MODELS = ("resnet8", "resnet14", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110")

Fraction = Annotated[float, Meta(ge=0, lt=1)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings that a phase may change while a run trains."""

    lr: Annotated[float, Meta(gt=0, description="the learning rate at its maximum")] = 0.1
    lr_schedule: Annotated[
        Schedule,
        Meta(description="how the learning rate falls from its maximum, counted from the phase that sets it"),
    ] = "cosine"
    weight_decay: Annotated[float, Meta(ge=0, description="the L2 penalty's factor")] = 5e-4
    augmentation: Annotated[
        Augmentation,
        Meta(
            description="what is done to training images; crop is a random crop after zero padding by an eighth of "
            "the side (4 pixels at 32), basic is crop and a horizontal flip"
        ),
    ] = "none"
    mixup: Annotated[
        float, Meta(ge=0, description="mixup's Beta parameter alpha (arXiv 1710.09412); 0 is off")
    ] = 0.0
    label_smoothing: Annotated[
        Fraction, Meta(description="the share of the target spread evenly over all classes")
    ] = 0.0


class Spec(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run, every setting resolved.

    A default is part of the identity of every run that relies on it: never change one, add a setting instead.
    Settings marked `identity: False` change how a run is carried out, not what it finds.
    """

    data: Annotated[str, Meta(description="the data set: digits, or the name of an imported one")]
    model: Annotated[
        str | tuple[str, ...], Meta(description="the network's name, or a list of names, one a node")
    ]
    nodes: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="how many networks train side by side on the same batches",
            extra={"unit": "networks"},
        ),
    ] = 1
    objective: Annotated[Literal["supervised"], Meta(description="what a step minimises")] = "supervised"
    epochs: Annotated[int, Meta(ge=1, description="the length of training", extra={"unit": "epochs"})]
    batch_size: Annotated[
        int, Meta(ge=1, description="the size of one optimisation step", extra={"unit": "images"})
    ] = 128
    drop_last: Annotated[bool, Meta(description="whether an epoch leaves out its last, smaller batch")] = (
        False
    )
    optimizer: Annotated[Literal["sgd"], Meta(description="the optimiser")] = "sgd"
    momentum: Annotated[Fraction, Meta(description="the momentum of SGD")] = 0.9
    nesterov: Annotated[bool, Meta(description="whether the momentum is Nesterov's")] = False
    warmup_epochs: Annotated[
        int,
        Meta(
            ge=0,
            description="the length of the linear warm-up that replaces the schedule's first epochs",
            extra={"unit": "epochs"},
        ),
    ] = 0
    warmup_lr: Annotated[float, Meta(ge=0, description="the learning rate that warm-up starts from")] = 0.0
    lr_update: Annotated[Literal["step", "epoch"], Meta(description="how often the learning rate moves")] = (
        "step"
    )
    seed: Annotated[
        int, Meta(ge=0, lt=2**31, description="what initialisation, order and augmentation are drawn from")
    ] = 0
    clean_train_images: Annotated[
        int,
        Meta(
            ge=1,
            description="the size of the fixed, stratified part of the training set that clean train accuracy is measured on",
            extra={"unit": "images"},
        ),
    ] = 2000
    deterministic: Annotated[bool, Meta(description="whether every operation must repeat to the bit")] = False
    phases: Annotated[
        tuple[dict[str, Any], ...],
        Meta(
            description="changes of settings: each a table with from_epoch and the settings that hold from there on"
        ),
    ] = ()
    device: Annotated[
        str,
        Meta(
            pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$",
            description="where it trains: auto, cpu, cuda, cuda:N or mps",
            extra={"identity": False},
        ),
    ] = "auto"
    threads: Annotated[
        int,
        Meta(
            ge=0,
            description="CPU threads of the engine; 0 is all cores",
            extra={"unit": "threads", "identity": False},
        ),
    ] = 0
    checkpoint_epochs: Annotated[
        tuple[int, ...],
        Meta(
            description="epochs whose checkpoints are kept, beside the best and the last",
            extra={"unit": "epochs", "identity": False},
        ),
    ] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """One network name a node."""
        return (self.model,) * self.nodes if isinstance(self.model, str) else self.model


def check_spec(table: object, where: object, prefix: str = "run") -> Spec:
    """The table of one run's settings, checked as a whole.

    Raises:
        UserError: an unknown key, a wrong type or value, an unknown network, a phase that makes no sense.
    """
    spec = check(table, Spec, where, prefix)
    if not isinstance(spec.model, str):
        spec = _with_nodes(spec, where, prefix)
    for name in spec.models:
        if name not in MODELS:
            raise UserError(where, f"{prefix}.model", f"unknown network {name!r}", nearest(name, MODELS))
    if spec.nesterov and spec.momentum == 0:
        raise UserError(where, f"{prefix}.nesterov", "Nesterov needs momentum", "set momentum above 0")
    phases = tuple(_check_phase(phase, where, f"{prefix}.phases[{i}]") for i, phase in enumerate(spec.phases))
    starts = [phase["from_epoch"] for phase in phases]
    if starts != sorted(set(starts)):
        raise UserError(
            where, f"{prefix}.phases", f"from_epoch runs {starts}", "put the phases in rising order"
        )
    return msgspec.structs.replace(spec, phases=phases)


def _with_nodes(spec: Spec, where: object, prefix: str) -> Spec:
    """A list of networks says how many nodes there are; a second, other number beside it is a mistake."""
    if not spec.model:
        raise UserError(where, f"{prefix}.model", "an empty list", "name at least one network")
    if spec.nodes not in (1, len(spec.model)):
        problem = f"{spec.nodes} nodes, but {len(spec.model)} networks are named"
        raise UserError(
            where, f"{prefix}.nodes", problem, "leave nodes out: the list says how many there are"
        )
    return msgspec.structs.replace(spec, nodes=len(spec.model))


def _check_phase(phase: dict[str, Any], where: object, prefix: str) -> dict[str, Any]:
    changes = {key: value for key, value in phase.items() if key != "from_epoch"}
    start = phase.get("from_epoch")
    if type(start) is not int or start < 1:
        problem = "missing" if start is None else f"expected an epoch, 1 or more, found {start!r}"
        raise UserError(
            where, f"{prefix}.from_epoch", problem, "write from_epoch = N, the first epoch it holds for"
        )
    held = check(changes, Settings, where, prefix)
    if not changes:
        raise UserError(
            where, prefix, "changes nothing", f"set one of {', '.join(Settings.__struct_fields__)}"
        )
    return {"from_epoch": start} | {key: getattr(held, key) for key in changes}


def _is_identity(field: str) -> bool:
    hint = get_type_hints(Spec, include_extras=True)[field]
    meta = next((a for a in get_args(hint) if isinstance(a, Meta)), None)
    return not (meta and meta.extra and meta.extra.get("identity") is False)


#: The settings that change what a run finds, and so make it another run.
IDENTITY = tuple(field for field in Spec.__struct_fields__ if _is_identity(field))


def identity(spec: Spec) -> str:
    """64 hex digits of every setting that changes results; a run folder's name carries the first six.

    Settings at their default are left out, so that a setting added later leaves old runs their identity.
    """
    defaults = {f.name: f.default for f in msgspec.structs.fields(Spec)}
    held = {name: getattr(spec, name) for name in IDENTITY}
    told = {name: value for name, value in held.items() if value != defaults[name]}
    return hashlib.sha256(json.dumps(msgspec.to_builtins(told), sort_keys=True).encode()).hexdigest()
