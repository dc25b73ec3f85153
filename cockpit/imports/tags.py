"""What a tag means: which figure of an epoch `Accuracy/test`, `val_acc` or `validation/epoch_loss` is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from engine.contract.errors import UserError, nearest

#: The figures of an epoch that a tag can be read into; everything else stands in `extra`.
FIELDS = (
    "test_acc", "test_loss", "train_acc", "train_loss", "train_acc_clean", "val_acc", "val_loss", "lr",
    "images_per_second", "seconds",
)  # fmt: skip
#: What --map calls a tag that is to stay in `extra`.
EXTRA = "extra"
ACCURACIES = ("test_acc", "train_acc", "train_acc_clean", "val_acc")
#: Folders of these names hold a part of the session that their parent is.
SPLITS = {
    "train": "train", "training": "train",
    "test": "test", "testing": "test",
    "val": "val", "valid": "val", "validation": "val", "dev": "val", "eval": "val", "evaluation": "val",
}  # fmt: skip
_KINDS = {
    "acc": "acc", "accuracy": "acc", "acc1": "acc", "top1": "acc", "prec1": "acc", "precision1": "acc",
    "loss": "loss", "xent": "loss", "nll": "loss",
    "lr": "lr", "learningrate": "lr",
}  # fmt: skip
#: Words that change nothing about what a figure is.
_IDLE = {
    "epoch", "epochs", "avg", "average", "mean", "metric", "metrics", "scalar", "scalars", "per", "overall", "total",
    "categorical", "sparse", "main", "opt", "optimizer", "group0", "pg0", "sgd", "adam", "adamw",
}  # fmt: skip
#: What our own files hold beside figures, and every reader derives from them.
_DERIVED = ("gap/as_trained", "gap/clean")


def words(tag: str) -> list[str]:
    """The words of a tag: `trainLoss`, `Loss/train` and `train-loss` have the same two."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", tag)
    split = re.sub(r"(?i)learning[ _/-]?rate", "learningrate", split)
    split = re.sub(r"(?i)top[ _@-]?1(?!\d)", "top1", split)
    split = re.sub(r"(?i)acc(uracy)?@1(?!\d)", "acc1", split)
    return re.findall(r"[a-z0-9]+", split.lower())


def field_of(tag: str) -> str | None:
    """The field that a tag names by all of its words; None when one of them is not known.

    A figure that names no part of the data is of training, as Keras and most loops call theirs.
    """
    told = [word for word in words(tag) if word not in _IDLE]
    kinds = {_KINDS[word] for word in told if word in _KINDS}
    splits = {SPLITS[word] for word in told if word in SPLITS}
    clean = told.count("clean")
    unknown = [word for word in told if word not in _KINDS and word not in SPLITS and word != "clean"]
    if unknown or len(kinds) != 1 or len(splits) > 1:
        return None
    kind = kinds.pop()
    if kind == "lr":
        return "lr" if splits <= {"train"} and not clean else None
    field = f"{splits.pop() if splits else 'train'}_{kind}" + ("_clean" if clean else "")
    return field if field in FIELDS else None


def assigned(tags: Iterable[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Field -> the tag it is read from, by what is `wanted` (tag -> field), then by name.

    Of two tags for one field, the one that names its part of the data goes before one that does not, then the
    shorter.
    """
    tags = list(tags)
    fields = {field: tag for tag, field in wanted.items() if tag in tags and field != EXTRA}
    for tag in sorted(tags, key=lambda tag: (not any(w in SPLITS for w in words(tag)), len(tag), tag)):
        field = None if tag in wanted else field_of(tag)
        if field and field not in fields:
            fields[field] = tag
    return fields


def is_derived(tag: str) -> bool:
    """Whether a figure follows from others, and so need not be kept."""
    return tag in _DERIVED


def extra_name(tag: str) -> str:
    """What a figure without a field is called in `extra`; our own files' names come back as they were."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", tag).strip("_")
    return name.removeprefix("together_") or "unnamed"


def parse_map(texts: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """What --map asks for: `TAG=FIELD` -> tag to field.

    Raises:
        UserError: not of that form, no such field, or a tag that no file has.
    """
    known = list(known)
    wanted: dict[str, str] = {}
    for text in texts:
        tag, equals, field = (part.strip() for part in text.rpartition("="))
        where = f"--map {text}"
        if not equals or not tag:
            raise UserError(where, "", "not of the form TAG=FIELD", "write for example --map val_acc=test_acc")
        if field not in (*FIELDS, EXTRA):
            raise UserError(where, "", f"{field!r} is no figure of an epoch", nearest(field, (*FIELDS, EXTRA)))
        if tag not in known:
            raise UserError(where, "", f"no session has a scalar of the tag {tag!r}", nearest(tag, known))
        if field != EXTRA and field in wanted.values():
            raise UserError(where, "", f"two tags for {field}", "leave one of them out")
        wanted[tag] = field
    return wanted
