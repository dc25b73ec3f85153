"""The least that a preset can be: three settings, one run."""

from __future__ import annotations

RUN = 'title = "T"\n[run]\ndata = "digits"\nmodel = "resnet8"\nepochs = 3\n'
