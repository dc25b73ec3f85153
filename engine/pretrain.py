"""What learns before the student does: factor transfer's paraphraser, on the teacher's features alone.

A stage of its own in the stream, with epochs of its own. Its batches are those of epochs 0, -1, -2 and so on, so
that they are drawn like any other and no epoch of the training repeats one.
"""

from __future__ import annotations

import time

import torch
from torch import nn

from engine.contract import schedule
from engine.contract.stream import Epoch, StageStarted
from engine.data.batches import Data
from engine.networks import Member
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.view import look
from engine.run import Run
from engine.state import State

STAGE = "paraphraser"


def pretrain_epoch(run: Run, members: list[Member], teacher: nn.Module, data: Data, state: State) -> bool:
    """One epoch for every member's paraphraser; False when a signal cut it short, and then it did not happen."""
    if not state.pretrained:
        run.append(StageStarted(stage=STAGE, epochs=run.spec.pretrain_epochs))
    began, images, loss = time.perf_counter(), 0, torch.zeros((), device=data.device)
    for batch in data.epoch(-state.pretrained, schedule.at(run.spec, 1)):
        with torch.no_grad():
            view = look(teacher, batch.images, features=True).float()
        for member in members:
            assert isinstance(member.companion, FactorTransfer), "no other method learns beforehand"
            assert member.pretrainer is not None, "built with the paraphraser"
            member.pretrainer.zero_grad(set_to_none=True)
            member.companion.paraphraser.requires_grad_(True)
            error = member.companion.reconstruction(view)
            torch.autograd.backward(error)
            member.pretrainer.step()
            member.companion.paraphraser.requires_grad_(False)
            loss += error.detach() * len(batch.images) / len(members)
        images += len(batch.images)
        run.at_stage(STAGE, state.pretrained, batch.step + 1, data.steps_per_epoch, time.perf_counter() - began)
        if run.stop.signal_name:
            return False
    state.pretrained += 1
    mean, seconds = float(loss) / images, time.perf_counter() - began
    pace = images / seconds
    run.append(Epoch(epoch=state.pretrained, stage=STAGE, train_loss=mean, images_per_second=pace, seconds=seconds))
    return True
