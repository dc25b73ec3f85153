"""The comparison document, made again from streams: its differences at its epochs, to the digit, and its events."""

from __future__ import annotations

from pathlib import Path

import pytest
import sessions_document

from cockpit.insight.compare import Comparison, compare
from cockpit.insight.differences import differing
from cockpit.insight.epochtable import table
from cockpit.insight.format import percent, points
from cockpit.insight.report import happenings, markdown
from cockpit.insight.verdict import verdict
from cockpit.runs import RunsFolder


@pytest.fixture
def sessions(tmp_path: Path) -> Comparison:
    sessions_document.make(tmp_path)
    return compare(RunsFolder(tmp_path).poll())


def test_every_difference_of_its_table_to_the_digit(sessions):
    rows = {row.epoch: row for row in table(sessions)}
    for epoch, first, second in sessions_document.TABLE:
        a, b = rows[epoch].standings
        assert (percent(a.value.mean), percent(b.value.mean)) == (first, second)
        # The document subtracts the other way round: its column is session 02 less session 04.
        assert points(-b.difference) == sessions_document.PRINTED[epoch]
    assert points(rows[40].standings[1].difference) == "+4.34"


def test_its_events_side_by_side(sessions):
    told = {row.epoch: happenings(sessions, row) for row in table(sessions)}
    # The transitions stand where the document's own list of them has them, from 41, 51, 61, 71 and 81 on.
    assert told[41][1].startswith("augmentation full > reduced, mixup 0.2 > 0.15")
    assert told[51] == ["lr restarts at 0.1", "dropout 0.3 > 0.2, label smoothing 0.1 > 0.05"]
    assert told[61][1] == "lr schedule cosine_restarts > cosine"
    assert told[71][1] == "augmentation reduced > minimal, mixup 0.15 > off"
    assert told[81][1] == "dropout 0.2 > 0.1"
    assert told[26] == ["lr restarts at 0.1", ""]
    assert told[99] == ["", "best 72.98"]
    assert told[100] == ["best 71.20, crosses above B at 99.6", ""]


def test_the_settings_that_differ_are_the_documents(sessions):
    assert {row.name: row.texts for row in differing(sessions)} == {
        "max lr": ("0.1", "0.15"),
        "lr schedule": ("cosine_restarts", "cosine_restarts > cosine@61"),
        "lr cycle epochs": ("25", "20"),
        "augmentation": ("full", "full > reduced@41 > minimal@71"),
        "mixup": ("0.2", "0.2 > 0.15@41 > off@71"),
        "dropout": ("0.3", "0.3 > 0.2@51 > 0.1@81"),
        "label smoothing": ("0.1", "0.1 > 0.05@51"),
    }


def test_what_can_be_said_of_them(sessions):
    told = {each.about: each.text for each in verdict(sessions)}
    assert told["peak"].startswith("B, +1.78 points: 72.98 at epoch 99 against A's 71.20 at epoch 100.")
    assert told["production"].startswith("A, +1.56 points")
    assert "B lost 3.34 points in its last epoch" in told["production"]
    assert told["seeds"] == "one seed each: cannot be told apart from the noise of seeds"
    assert "with 10000 images one figure's binomial standard error is 0.46 points" in told["test set"]
    assert told["lead"] == "A and B cross twice in test accuracy; A is ahead since epoch 100"
    assert told["differs"].startswith("7 settings at once")


def test_as_markdown(sessions):
    text = markdown(sessions, 90)
    assert "| A   | 71.20 |      100 | 71.20 |      100 | 70.30 to 72.08 |" in text
    assert "| A   |    2 | 69.53 |" in text and "## At epoch 90" in text
    assert "|    90 | 69.53 | 70.00 | +0.47 |" in text
    assert text == markdown(sessions, 90)
