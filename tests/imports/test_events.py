"""Event files of other tools, read record by record."""

from __future__ import annotations

import math
import struct

import pytest
import torch
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.util.tensor_util import make_tensor_proto
from torch.utils.tensorboard import SummaryWriter
from written import only_file, torch_files

from cockpit.imports import events, records

CURVE = {"loss": {1: 2.0, 2: 1.5, 3: 1.25, 4: 1.125, 5: 1.0625}}


def scalars(folder):
    return [each for record in records.read(only_file(folder)).records for each in events.decode(record)]


def test_the_checksum_is_tensorboards_own():
    for data in (b"", b"a", bytes(range(256)) * 3):
        assert records.masked(data) == masked_crc32c(data)
    assert records.masked(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


@pytest.mark.parametrize("new_style", [False, True], ids=["simple values", "tensors"])
def test_torchs_scalars(tb, new_style):
    torch_files(tb, CURVE, at=1000.0, new_style=new_style)
    assert [(s.tag, s.step, s.time, s.value) for s in scalars(tb)] == [
        ("loss", step, 1000.0 + step, value) for step, value in CURVE["loss"].items()
    ]


def test_a_float32_is_the_shortest_decimal_that_means_it(tb):
    torch_files(tb, {"lr": {1: 0.1, 2: 0.7119, 3: 1e-8, 4: math.nan, 5: math.inf, 6: 0.0}})
    values = [s.value for s in scalars(tb)]
    assert values[:3] == [0.1, 0.7119, 1e-8] and math.isnan(values[3]) and values[4:] == [math.inf, 0.0]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
def test_tensors_of_one_number_of_any_type(dtype):
    tensor = make_tensor_proto(3, dtype=getattr(types_pb2, {"float16": "DT_HALF", "float32": "DT_FLOAT",
        "float64": "DT_DOUBLE", "int32": "DT_INT32", "int64": "DT_INT64"}[dtype]))  # fmt: skip
    assert decoded(tensor) == [3.0]


def test_tensors_in_their_bytes_and_in_bfloat16():
    shape = tensor_shape_pb2.TensorShapeProto()
    packed = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_DOUBLE, tensor_content=struct.pack("<d", 0.25), tensor_shape=shape
    )
    brain = tensor_pb2.TensorProto(dtype=types_pb2.DT_BFLOAT16, half_val=[0x4040], tensor_shape=shape)
    assert decoded(packed) == [0.25] and decoded(brain) == [3.0]


def decoded(tensor) -> list[float]:
    summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="x", tensor=tensor)])
    return [s.value for s in events.decode(event_pb2.Event(step=1, summary=summary).SerializeToString())]


def test_what_is_no_scalar_is_passed_over(tb):
    writer = SummaryWriter(str(tb))
    writer.add_histogram("weights", torch.tensor([1.0, 2.0]), 1)
    writer.add_text("note", "hello", 1)
    writer.add_pr_curve("curve", torch.tensor([0, 1]), torch.tensor([0.1, 0.9]), 1)
    writer.add_scalar("loss", 1.0, 1)
    writer.close()
    assert [s.tag for s in scalars(tb)] == ["loss"]


def test_a_record_cut_off_costs_nothing_before_it(tb):
    path = only_file(torch_files(tb, CURVE))
    path.write_bytes(path.read_bytes()[:-5])
    found = records.read(path)
    assert [s.step for r in found.records for s in events.decode(r)] == [1, 2, 3, 4]
    assert found.damage == ("its last record is cut off",)


def test_a_damaged_record_costs_itself_alone(tb):
    path = only_file(torch_files(tb, CURVE))
    data = bytearray(path.read_bytes())
    data[-20] ^= 0xFF
    path.write_bytes(data)
    found = records.read(path)
    assert [s.step for r in found.records for s in events.decode(r)] == [1, 2, 3, 4]
    assert len(found.damage) == 1 and "is damaged" in found.damage[0]


def test_after_a_damaged_length_it_goes_on_with_the_next_record(tb):
    path = only_file(torch_files(tb, CURVE))
    data = bytearray(path.read_bytes())
    starts, at = [], 0
    while at < len(data):
        starts.append(at)
        at += struct.unpack_from("<Q", data, at)[0] + 16
    data[starts[2]] ^= 0x55
    path.write_bytes(data)
    found = records.read(path)
    assert [s.step for r in found.records for s in events.decode(r)] == [1, 3, 4, 5]
    assert found.damage == (f"{starts[3] - starts[2]} bytes from byte {starts[2]} are no record",)


def test_a_file_of_something_else_is_damage_and_no_crash(tmp_path):
    path = tmp_path / "x.tfevents.1"
    path.write_bytes(b"not an event file, \0\0\0\0\0\0 truly not\n" * 20)
    found = records.read(path)
    assert not found.records and found.damage


@pytest.mark.parametrize("garbage", [bytes(100_000), b"\xff\xff\xff\x7f\0\0\0\0" * 5_000], ids=["zeros", "too long"])
def test_garbage_is_passed_over_without_a_sum_at_every_byte_and_what_follows_it_is_found(tb, monkeypatch, garbage):
    path = only_file(torch_files(tb, CURVE))
    sound = path.read_bytes()
    path.write_bytes(garbage + sound)
    real, sums = records.masked, []
    monkeypatch.setattr(records, "masked", lambda data: sums.append(data) or real(data))
    found = records.read(path)
    assert [s.step for r in found.records for s in events.decode(r)] == [1, 2, 3, 4, 5]
    assert found.damage == (f"{len(garbage)} bytes from byte 0 are no record",)
    assert len(sums) < 50


def test_a_record_of_garbage_is_refused():
    for garbage in (b"\xff" * 11, b"\x09\x01", b"\x2a\xff\x01", b"\x0b"):
        with pytest.raises(ValueError):
            events.decode(garbage)
