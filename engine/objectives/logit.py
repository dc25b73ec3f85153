"""Knowledge distillation (arXiv 1503.02531): the student learns a teacher's softened answers.

The loss is KL(softmax(teacher / T) || softmax(student / T)) * T^2: the square keeps its gradient, which falls
with 1 / T^2, of one size whatever the temperature.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def logit(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """The divergence of a student's logits [B, K] from its teacher's, in nats, mean over the batch."""
    answers = F.log_softmax(student / temperature, dim=1)
    targets = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(answers, targets, reduction="batchmean", log_target=True) * temperature**2
