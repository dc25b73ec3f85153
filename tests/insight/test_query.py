"""The filter language: what it means, what it refuses and why, and how it can go on."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from some_runs import epochs, run

from cockpit.insight.query import Query, parse
from cockpit.insight.suggestions import completions
from engine.contract.errors import UserError
from engine.contract.stream import RunStarted

RUNS = {
    "mixup": run("mixup0.2-seed0", 0.5, 0.75, mixup=0.2, group="kd-beta", warned="loss is odd"),
    "plain": run("plain-seed1", 0.5, 0.7, seed=1, state="finished", model="resnet32", note="to be repeated"),
    "failed": run("rkd-seed0", 0.01, state="failed", reason="at chance", group="kd-alpha", archived=True),
    "queued": run("later-seed2", seed=2, state="queued", model=["resnet8", "resnet32"], objective="mutual"),
    "broken": run("bad", spec=None, file=None, problem="spec.toml: unknown key", state="unknown"),
    "nan": run("wild", math.nan, state="lost"),
}


def shown(text: str) -> set[str]:
    query = parse(text)
    return {key for key, each in RUNS.items() if query.matches(each, marked=key == "plain")}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", set(RUNS)),
        ("   ", set(RUNS)),
        ("status:running,failed", {"mixup", "failed"}),
        ("state=finished", {"plain"}),
        ("status:broken", {"broken"}),
        ("status:f*", {"plain", "failed"}),
        ("-status:finished seed:0", {"mixup", "failed", "nan"}),
        ("group:kd*", {"mixup", "failed"}),
        ("model:resnet32", {"plain", "queued"}),
        ("model:RESNET*", set(RUNS) - {"broken"}),
        ("objective:mutual", {"queued"}),
        ("mixup:0.20", {"mixup"}),
        ("mixup", {"mixup"}),
        ("kd-beta/mix", {"mixup"}),
        ("*-seed1", {"plain"}),
        ("?ild", {"nan"}),
        ("-mixup -bad -wild", {"plain", "failed", "queued"}),
        ("test_acc>0.7", {"mixup"}),
        ("test>=70%", {"mixup", "plain"}),
        ("best>70%", {"mixup"}),
        ("test_acc<2%", {"failed"}),
        ("-test_acc<2%", set(RUNS) - {"failed"}),
        ("clean>10pt", {"mixup", "plain", "failed"}),
        ("clean>16", {"plain", "failed"}),
        ("clean>16%", {"plain", "failed"}),
        ("gap_clean>16pt", {"plain", "failed"}),
        ("gap<6pt gap>4pt", {"mixup"}),
        ("gap>0.4 gap<6", {"mixup"}),
        ("gap_trained<6 gap_trained>4%", {"mixup"}),
        ("level:critical", {"plain", "failed"}),
        ("warnings>0", {"mixup"}),
        ("epoch>=2", {"mixup", "plain"}),
        ("epochs:10 epoch:0", {"queued"}),
        ("lr<=0.1", set(RUNS) - {"broken"}),
        ("seed:1,2", {"plain", "queued"}),
        ("seed!=0", {"plain", "queued"}),
        ("status!=finished epoch:2", {"mixup"}),
        ("mark:yes", {"plain"}),
        ("archived:yes", {"failed"}),
        ("note:repeat", {"plain"}),
        ('note:"be repeated"', {"plain"}),
        ('"plain-seed1"', {"plain"}),
        ("nesterov:no -status:lost", set(RUNS) - {"broken", "nan"}),
        ("name:rkd,later", {"failed", "queued"}),
    ],
)
def test_what_is_shown(text, wanted):
    assert shown(text) == wanted


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("modle:resnet32", "modle: unknown key", "did you mean 'model'?"),
        ("zzz:1", "unknown key", "Tab lists the keys"),
        ("status:runing", "there is no status 'runing'", "did you mean 'running'?"),
        ("status:", "a value is missing", "status is the state"),
        ("gap>", "a value is missing", "train less test"),
        ("gap>wide", "'wide' is no number", "train less test"),
        ("gap>10m", "gap is not told in m", "units of gap: pt, %"),
        ("OR status:running", "OR: no word of a filter", "status:a,b means either of two values"),
        ("AND plain", "AND: no word of a filter", "all terms must hold"),
        ("NOT plain", "NOT: no word of a filter", "-word excludes"),
        ("best>70", "70 would be more than 100 %", "write 70%, or 0.7"),
        ("best>7pt", "best is not told in pt", "units of best: %"),
        ("epoch>3%", "epoch is not told in %", "k, M"),
        ("model>3", "model is no figure", "write model:3"),
        ('note:"half', "a quote that is not closed", "close it"),
    ],
)
def test_what_cannot_be_read_says_why(text, problem, remedy):
    with pytest.raises(UserError) as told:
        parse(f"mixup {text}")
    assert problem in str(told.value) and remedy in str(told.value)


def test_times_have_units():
    timed = run("timed", epochs=epochs(0.5, seconds=60.0))
    assert parse("left>8m").matches(timed) and parse("left<0.2h").matches(timed)
    assert not parse("left<500").matches(timed)
    assert not parse("left>0").matches(run("paceless", 0.5))


def test_when_it_began_and_how_long_it_took_are_asked_for_in_times():
    began = RunStarted(
        epochs=10, steps_per_epoch=1, train_images=1, test_images=1, parameters=(1,), device="cpu", environment={},
        time=time.time() - 3600 * 30,
    )  # fmt: skip
    old = run("old", epochs=epochs(0.5, 0.6, seconds=2400.0), started=began, before=(60.0,))
    assert parse("took>1h").matches(old) and not parse("took>1.5h").matches(old)
    assert parse("started<2d started>1d").matches(old) and not parse("started<1d").matches(old)
    assert not parse("took>0").matches(run("new")) and not parse("started>0").matches(run("new"))


def test_words_that_join_elsewhere_can_still_be_looked_for():
    assert parse('"OR"').matches(run("or-else")) and parse("or").matches(run("or-else"))


def test_a_query_is_a_value():
    assert parse("status:running gap>10pt") == parse("status:running gap>10pt")
    assert parse("a b").text == "a b" and parse("  ") == Query()
    assert parse("gap>10pt mark:yes").speaks_of("mark") and not parse("gap>10pt").speaks_of("mark")


def told(text: str) -> list[str]:
    return [each.text for each in completions(text, list(RUNS.values()))]


def test_keys_are_completed_with_their_sign():
    assert told("mixup stat") == ["mixup status:"]
    assert told("sta") == ["status:", "started>"]
    assert told("acc")[0] == "test_acc>" and told("acc")[-1] == "accumulation:"
    assert "seed:" in told("s")
    assert told("-grou") == ["-group:"]
    assert told("test_")[:2] == ["test_acc>", "test_loss:"]
    assert "epoch:" in told("epo") and "epochs:" in told("epo")
    assert told("foo_bar") == [] and told("nothere:x") == []


def test_values_are_those_that_the_runs_have():
    assert told("status:") == [
        f"status:{word}" for word in ("queued", "running", "finished", "failed", "lost", "broken")
    ]
    assert told("status:ru") == ["status:running"]
    assert told("status:sto") == ["status:stopping", "status:stopped"]
    assert told("model:resnet3") == ["model:resnet32"]
    assert told("seed:") == ["seed:0", "seed:1", "seed:2"]
    assert told("seed:0,") == ["seed:0,1", "seed:0,2"]
    assert told("note:") == ['note:"to be repeated"']
    assert told("best:") == []
