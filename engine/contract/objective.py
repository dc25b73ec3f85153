"""What a step minimises, by name: which objectives there are, what each needs, and its published weights.

Every objective's loss is `ce_weight` times cross-entropy, plus `kd_weight` times the divergence from softened
answers (the teacher's, or in mutual learning the peers'), plus `feature_weight` times what compares features.
The weights are each method's own of RepDistiller (github.com/HobbitLong/RepDistiller), which the field reports
its comparisons with; those of `logit` and the temperatures are Hinton's there, mutual learning's its paper's.
"""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

Objective = Literal[
    "supervised",
    "mutual",
    "logit",
    "fitnets",
    "attention_transfer",
    "factor_transfer",
    "rkd",
    "nst",
]


#: Hinton's, and RepDistiller's.
TEMPERATURE = 4.0


class Weights(Struct, frozen=True):
    """How an objective weighs its parts, and the temperature its answers are softened by."""

    ce_weight: float = 1.0
    kd_weight: float = 0.0
    feature_weight: float = 0.0
    temperature: float = TEMPERATURE


#: The weights that hold where the settings name none.
PUBLISHED: dict[Objective, Weights] = {
    "mutual": Weights(kd_weight=1.0, temperature=1.0),
    "logit": Weights(ce_weight=0.1, kd_weight=0.9),
    "fitnets": Weights(feature_weight=100.0),
    "attention_transfer": Weights(feature_weight=1000.0),
    "factor_transfer": Weights(feature_weight=200.0),
    "rkd": Weights(feature_weight=1.0),
    "nst": Weights(feature_weight=50.0),
}
#: What each is, in one line, for whoever chooses.
KNOWN: dict[Objective, str] = {
    "supervised": "cross-entropy with the labels",
    "mutual": "networks that teach one another: deep mutual learning (arXiv 1706.00384)",
    "logit": "a teacher's softened answers: knowledge distillation (arXiv 1503.02531)",
    "fitnets": "a teacher's middle stage, through a regressor (arXiv 1412.6550)",
    "attention_transfer": "where a teacher's stages are active (arXiv 1612.03928)",
    "factor_transfer": "factors of a teacher's last stage, by a paraphraser trained before (arXiv 1802.04977)",
    "rkd": "distances and angles between a teacher's feature vectors (arXiv 1904.05068)",
    "nst": "the distribution of a teacher's activations over channels (arXiv 1707.01219)",
}
#: Those that learn from a frozen teacher.
DISTILLING: frozenset[str] = frozenset(get_args(Objective)) - {"supervised", "mutual"}
#: Those that compare a student's features with its teacher's, so that both must be of the staged families.
COMPARES_FEATURES: frozenset[str] = DISTILLING - {"logit"}
#: Those that compare stage by stage, so that there must be as many.
COMPARES_STAGES: frozenset[str] = frozenset({"attention_transfer", "nst"})
