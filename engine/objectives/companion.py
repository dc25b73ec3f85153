"""What a feature method adds to a student: a module that compares, and may learn along with it."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from engine.contract.errors import UserError
from engine.models.staged import Staged
from engine.objectives.attention_transfer import AttentionTransfer
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.fitnets import FitNets
from engine.objectives.nst import NST
from engine.objectives.rkd import RKD
from engine.objectives.view import View

#: Each is built from a student's and a teacher's view of any batch, and called with views of the same batch.
METHODS: dict[str, Callable[[View, View], nn.Module]] = {
    "fitnets": FitNets,
    "attention_transfer": AttentionTransfer,
    "factor_transfer": FactorTransfer,
    "rkd": RKD,
    "nst": NST,
}


def refuse_without_features(objective: str, name: str, network: nn.Module) -> None:
    """Whether a network shows the stages that a feature method compares.

    Raises:
        UserError: it is of no staged family, as timm's are not.
    """
    if objective in METHODS and not isinstance(network, Staged):
        problem = f"{objective} compares features, and {name} shows none"
        remedy = "choose a network of our own families, or logit; your own may extend engine.models.staged.Staged"
        raise UserError("spec.toml", "run.model", problem, remedy)
