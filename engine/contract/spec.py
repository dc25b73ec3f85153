"""What one run is: every setting, what it means, its unit, its default, and the run's identity."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from engine.contract.augmentation import operations
from engine.contract.checked import check
from engine.contract.errors import UserError
from engine.contract.models import check_model
from engine.contract.objective import COMPARES_FEATURES, DISTILLING, PUBLISHED, Objective

#: The longest training: what draws a schedule or a curve may rely on it.
MOST_EPOCHS = 100_000
_Weight = Annotated[float, Meta(ge=0)]
Schedule = Literal["constant", "cosine", "cosine_restarts", "step", "plateau"]


def about(text: str, *, unit: str = "", identity: bool = True, **limits: Any) -> Meta:
    """What a setting means and its unit; `identity=False` for one that does not change what a run finds."""
    return Meta(description=text, extra={"unit": unit, "identity": identity}, **limits)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings that a phase may change while a run trains."""

    lr: Annotated[float, about("the learning rate at its maximum", gt=0)] = 0.1
    lr_schedule: Annotated[
        Schedule, about("how the learning rate falls from its maximum, counted from the phase that sets it")
    ] = "cosine"
    lr_cycle_epochs: Annotated[
        int, about("the length of cosine_restarts' first cycle (T_0)", unit="epochs", ge=1)
    ] = 10
    lr_cycle_growth: Annotated[
        int, about("how many times longer each cycle of cosine_restarts is than the one before (T_mult)", ge=1)
    ] = 1
    lr_milestones: Annotated[
        tuple[int, ...],
        about("after how many epochs, counted from the phase that sets the schedule, step falls", unit="epochs"),
    ] = ()
    lr_factor: Annotated[float, about("what a fall of step or plateau multiplies the rate by", gt=0, lt=1)] = 0.1
    lr_patience: Annotated[
        int, about("how long plateau waits without an improvement before the rate falls", unit="epochs", ge=0)
    ] = 10
    weight_decay: Annotated[float, about("the factor of the L2 penalty", ge=0)] = 5e-4
    augmentation: Annotated[
        str, about("what is done to training images: a policy, or operations joined by +, as in crop+flip+cutout16")
    ] = "none"
    mixup: Annotated[float, about("the alpha of mixup's Beta (arXiv 1710.09412), 0 for off", ge=0)] = 0.0
    cutmix: Annotated[
        float, about("the alpha of CutMix's Beta (arXiv 1905.04899), 0 for off; beside mixup each has half", ge=0)
    ] = 0.0
    dropout: Annotated[float, about("the dropout of networks that have some", ge=0, lt=1)] = 0.0
    label_smoothing: Annotated[float, about("the share of a target spread over all classes", ge=0, lt=1)] = 0.0


class Spec(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run, every setting resolved.

    A default is part of the identity of every run that relies on it: never change one, add a setting instead.
    """

    data: Annotated[str, about("the data set: digits, one that `cockpit data prepare` brings, or an imported one")]
    model: Annotated[str | tuple[str, ...], about("the network's name, or a list of names, one a node")]
    nodes: Annotated[int, about("how many networks see the same batches", unit="networks", ge=1, le=64)] = 1
    objective: Annotated[Objective, about("what a step minimises")] = "supervised"
    teacher: Annotated[
        str,
        about(
            "the run whose network teaches this one, GROUP/NAME in the same runs folder or an absolute path; "
            "in a preset also a table, the point of the grid it stands at",
            identity=False,
        ),
    ] = ""
    teacher_checkpoint: Annotated[
        Literal["last", "best"],
        about("which of the teacher's checkpoints teaches; best is selected on the test set"),
    ] = "last"
    ce_weight: Annotated[_Weight | None, about("the weight of cross-entropy; the method's own where unset")] = None
    kd_weight: Annotated[
        _Weight | None, about("the weight of the divergence from softened answers; the method's own where unset")
    ] = None
    feature_weight: Annotated[
        _Weight | None, about("the weight of what compares features; the method's own where unset")
    ] = None
    temperature: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        about("what logits are divided by to soften answers; the method's own where unset"),
    ] = None
    pretrain_epochs: Annotated[
        int,
        about("how long factor_transfer's paraphraser learns before the student", unit="epochs", ge=0, le=10_000),
    ] = 30
    epochs: Annotated[int, about("the length of training", unit="epochs", ge=1, le=MOST_EPOCHS)]
    batch_size: Annotated[int, about("the size of one optimisation step", unit="images", ge=1)] = 128
    drop_last: Annotated[bool, about("whether an epoch leaves out its last, smaller batch")] = False
    optimizer: Annotated[Literal["sgd", "adamw"], about("the optimiser")] = "sgd"
    momentum: Annotated[float, about("the momentum of SGD", ge=0, lt=1)] = 0.9
    nesterov: Annotated[bool, about("whether the momentum is Nesterov's")] = False
    decay_norms: Annotated[bool, about("whether weight decay is also on norms and biases")] = True
    clip_norm: Annotated[
        float, about("the largest norm of a network's gradient, with what is trained beside it; 0 for any", ge=0)
    ] = 0.0
    accumulation: Annotated[int, about("into how many parts a batch is cut to save memory", unit="parts", ge=1)] = 1
    precision: Annotated[
        Literal["fp32", "bf16", "fp16"], about("what forward passes are computed in; weights stay fp32")
    ] = "fp32"
    ema: Annotated[
        float, about("the decay of a running mean of the weights, which is then measured, 0 for off", ge=0, lt=1)
    ] = 0.0
    holdout: Annotated[float, about("the share of the training set held out to validate on", ge=0, lt=1)] = 0.0
    shards: Annotated[
        int, about("into how many shards the training set is dealt, of which the run sees one", ge=1, le=1000)
    ] = 1
    shard_kind: Annotated[
        Literal["iid", "class", "dirichlet"], about("how: at random, whole classes, or classes shared unevenly")
    ] = "iid"
    shard_index: Annotated[int, about("which of the shards, counted from 0", ge=0)] = 0
    shard_alpha: Annotated[float, about("how evenly dirichlet shares a class out", gt=0)] = 0.5
    criterion: Annotated[
        Literal["val_loss", "val_acc"], about("what early stopping and plateau watch on the held-out share")
    ] = "val_loss"
    early_stop_patience: Annotated[
        int, about("how long training goes on without an improvement, 0 for to the end", unit="epochs", ge=0)
    ] = 0
    early_stop_min_epochs: Annotated[int, about("how long it goes on in any case", unit="epochs", ge=0)] = 0
    warmup_epochs: Annotated[
        int, about("the length of the linear warm-up that replaces the schedule's start", unit="epochs", ge=0)
    ] = 0
    warmup_lr: Annotated[float, about("the learning rate that warm-up starts from", ge=0)] = 0.0
    lr_update: Annotated[Literal["step", "epoch"], about("how often the learning rate moves")] = "step"
    seed: Annotated[int, about("what initialisation, order and augmentation are drawn from", ge=0, lt=2**31)] = 0
    clean_train_images: Annotated[
        int, about("how many training images clean train accuracy is measured on", unit="images", ge=1)
    ] = 2000
    deterministic: Annotated[bool, about("whether every operation must repeat to the bit")] = False
    phases: Annotated[
        tuple[dict[str, Any], ...], about("tables, each from_epoch and the settings that hold from then on")
    ] = ()
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        about("where it trains; which GPU that is, CUDA_VISIBLE_DEVICES says", identity=False),
    ] = "auto"
    threads: Annotated[
        int, about("CPU threads of the engine, 0 for all cores", unit="threads", ge=0, le=1024, identity=False)
    ] = 0
    checkpoint_epochs: Annotated[
        tuple[int, ...],
        about("epochs whose checkpoints stay, beside the best and the last", unit="epochs", identity=False),
    ] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """One network name a node."""
        return (self.model,) * self.nodes if isinstance(self.model, str) else self.model


def check_spec(table: object, where: object, prefix: str = "run") -> Spec:
    """The table of one run's settings, checked as a whole, with its objective's weights filled in.

    Raises:
        UserError: an unknown key, a wrong type or value, an unknown network, a phase that makes no sense.
    """
    spec = check(table, Spec, where, prefix)
    if not isinstance(spec.model, str):
        spec = _with_nodes(spec, where, prefix)
    for name in spec.models:
        check_model(name, where, f"{prefix}.model")
    spec = _with_weights(spec, where, prefix)
    _check_objective(spec, where, prefix)
    if spec.nesterov and spec.momentum == 0:
        raise UserError(where, f"{prefix}.nesterov", "Nesterov needs momentum", "set momentum above 0")
    operations(spec.augmentation, where, f"{prefix}.augmentation")
    phases = tuple(_check_phase(phase, where, f"{prefix}.phases[{i}]") for i, phase in enumerate(spec.phases))
    _check_validation(spec, phases, where, prefix)
    if spec.shard_index >= spec.shards:
        problem = f"{spec.shard_index} is none of {spec.shards} shards"
        raise UserError(where, f"{prefix}.shard_index", problem, "shards are counted from 0")
    if spec.accumulation > spec.batch_size:
        problem = f"{spec.accumulation} parts of a batch of {spec.batch_size}"
        raise UserError(where, f"{prefix}.accumulation", problem, "make it batch_size at most")
    starts = [phase["from_epoch"] for phase in phases]
    if starts != sorted(set(starts)):
        raise UserError(where, f"{prefix}.phases", f"from_epoch runs {starts}", "put the phases in rising order")
    return msgspec.structs.replace(spec, phases=phases)


def _check_validation(spec: Spec, phases: tuple[dict[str, Any], ...], where: object, prefix: str) -> None:
    """Whatever decides by validation must not decide by the test set, so it needs a held-out share."""
    plateau = "plateau" in (spec.lr_schedule, *(phase.get("lr_schedule") for phase in phases))
    if not spec.holdout and (plateau or spec.early_stop_patience):
        key = "lr_schedule" if plateau else "early_stop_patience"
        remedy = "set for example holdout = 0.1; the test set must not decide"
        raise UserError(where, f"{prefix}.{key}", "nothing is held out to watch", remedy)


def _with_weights(spec: Spec, where: object, prefix: str) -> Spec:
    """The objective's published weights where the settings name none."""
    published = PUBLISHED.get(spec.objective)
    weights = ("ce_weight", "kd_weight", "feature_weight", "temperature")
    named = [name for name in weights if getattr(spec, name) is not None]
    if published is None:
        if named:
            problem = f"means nothing to the objective {spec.objective}"
            raise UserError(where, f"{prefix}.{named[0]}", problem, "take it out, or name another objective")
        return spec
    if spec.objective not in COMPARES_FEATURES and spec.feature_weight:
        problem = f"{spec.objective} compares no features"
        raise UserError(where, f"{prefix}.feature_weight", problem, "take it out, or name another objective")
    spec = msgspec.structs.replace(spec, **{n: getattr(published, n) for n in weights if n not in named})
    if not (spec.ce_weight or spec.kd_weight or spec.feature_weight):
        raise UserError(
            where, f"{prefix}.ce_weight", "every weight is 0: there is nothing to learn", "set one above 0"
        )
    return spec


def _check_objective(spec: Spec, where: object, prefix: str) -> None:
    """Whether the objective has what it needs: peers, or a teacher, or features that can be compared."""
    if spec.objective == "mutual" and spec.nodes < 2:
        remedy = "set nodes = 2 or more, or name several networks"
        raise UserError(where, f"{prefix}.nodes", "a single network has no peer to learn from", remedy)
    if spec.objective in DISTILLING and not spec.teacher:
        remedy = "name the run that teaches: GROUP/NAME, or in a preset a table such as { method = 'teacher' }"
        raise UserError(where, f"{prefix}.teacher", f"{spec.objective} needs a teacher", remedy)
    if spec.objective not in DISTILLING and (spec.teacher or spec.teacher_checkpoint != "last"):
        key = "teacher" if spec.teacher else "teacher_checkpoint"
        remedy = f"take it out, or name an objective that distils: {', '.join(sorted(DISTILLING))}"
        raise UserError(where, f"{prefix}.{key}", f"means nothing to the objective {spec.objective}", remedy)
    for name in spec.models:
        if spec.objective in COMPARES_FEATURES and name.startswith("timm"):
            problem = f"{spec.objective} compares features, and {name} shows none"
            raise UserError(where, f"{prefix}.model", problem, "choose a network of our own families, or logit")


def _with_nodes(spec: Spec, where: object, prefix: str) -> Spec:
    """A list of networks says how many nodes there are; a second, other number beside it is a mistake."""
    if not spec.model:
        raise UserError(where, f"{prefix}.model", "an empty list", "name at least one network")
    if spec.nodes not in (1, len(spec.model)):
        problem = f"{spec.nodes} nodes, but {len(spec.model)} networks are named"
        raise UserError(where, f"{prefix}.nodes", problem, "leave nodes out: the list says how many there are")
    return msgspec.structs.replace(spec, nodes=len(spec.model))


def _check_phase(phase: dict[str, Any], where: object, prefix: str) -> dict[str, Any]:
    changes = {key: value for key, value in phase.items() if key != "from_epoch"}
    start = phase.get("from_epoch")
    if type(start) is not int or start < 1:
        problem = "missing" if start is None else f"expected an epoch, 1 or more, found {start!r}"
        raise UserError(where, f"{prefix}.from_epoch", problem, "write from_epoch = N, the first epoch it holds for")
    held = check(changes, Settings, where, prefix)
    operations(held.augmentation, where, f"{prefix}.augmentation")
    if not changes:
        raise UserError(where, prefix, "changes nothing", f"set one of {', '.join(Settings.__struct_fields__)}")
    return {"from_epoch": start} | {key: getattr(held, key) for key in changes}


#: The settings that change what a run finds, and so make it another run.
IDENTITY = tuple(
    field for field, hint in get_type_hints(Spec, include_extras=True).items() if get_args(hint)[-1].extra["identity"]
)


class Fork(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a run that was forked from another began: after `epoch` epochs of the parent `group`/`name`.

    Only the parent's identity and the epoch make the fork the run it is: a parent may be renamed, moved or removed.
    `setting` is the identity of the parent's setting, whatever its seed.
    """

    group: str
    name: str
    identity: str
    setting: str
    epoch: Annotated[int, Meta(ge=1, le=MOST_EPOCHS)]


class Inputs(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Hashes of what the settings only name; each empty where there is nothing to hash.

    `data` is of the data set's content (dataset.py), `teacher` the identity of the run that teaches, and
    `setting` that of its setting, whatever its seed. `fork` is the run that this one began as, where it is a fork:
    two runs of equal settings differ when one of them had others in its first epochs, so it counts as an input.
    """

    data: str = ""
    teacher: str = ""
    setting: str = ""
    fork: Fork | None = None


#: Nothing but the settings themselves.
NO_INPUTS = Inputs()


@cache
def _defaults() -> dict[str, Any]:
    """What each setting is unless it is set."""
    return {f.name: f.default for f in msgspec.structs.fields(Spec)}


def identity(spec: Spec, inputs: Inputs = NO_INPUTS) -> str:
    """64 hex digits of every setting that changes results; a run folder's name carries the first six.

    Settings at their default are left out, so that a setting added later leaves old runs their identity.
    """
    defaults = _defaults()
    held = {name: getattr(spec, name) for name in IDENTITY}
    told = {name: value for name, value in held.items() if value != defaults[name]}
    if spec.objective != "factor_transfer":
        told.pop("pretrain_epochs", None)  # nothing else learns beforehand, and a grid may set it for all
    told |= {"data content": inputs.data} if inputs.data else {}
    told |= {"taught by": inputs.teacher} if inputs.teacher else {}
    told |= {"forked from": [inputs.fork.identity, inputs.fork.epoch]} if inputs.fork else {}
    return hashlib.sha256(json.dumps(msgspec.to_builtins(told), sort_keys=True).encode()).hexdigest()


def setting(spec: Spec, inputs: Inputs) -> str:
    """The same for all runs that differ in nothing but their seed, and that of the runs that taught them, or that
    they were forked from."""
    fork = inputs.fork and msgspec.structs.replace(inputs.fork, identity=inputs.fork.setting)
    unseeded = msgspec.structs.replace(inputs, teacher=inputs.setting, setting="", fork=fork)
    return identity(msgspec.structs.replace(spec, seed=0), unseeded)
