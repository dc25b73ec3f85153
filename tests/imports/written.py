"""Event files as others write them: torch's SummaryWriter, and tensors with TensorFlow 2's metadata, as Keras does."""

from __future__ import annotations

import time
from pathlib import Path

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.scalar import metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from torch.utils.tensorboard import SummaryWriter


def torch_files(folder: Path, curves: dict[str, dict[int, float]], *, at: float = 0.0, **options: object) -> Path:
    """The scalars of tag -> step -> value; `at` is the time of step 0, seconds, and each step takes one."""
    new_style = bool(options.pop("new_style", False))
    writer = SummaryWriter(str(folder), **options)
    for tag, points in curves.items():
        for step, value in points.items():
            writer.add_scalar(tag, value, step, walltime=(at or time.time()) + step, new_style=new_style)
    writer.close()
    return folder


def keras_files(folder: Path, curves: dict[str, dict[int, float]]) -> Path:
    """Tensors of no dimension, with the metadata of the scalars' plugin."""
    writer = EventFileWriter(str(folder))
    for tag, points in curves.items():
        for step, value in points.items():
            tensor = tensor_pb2.TensorProto(
                dtype=types_pb2.DT_FLOAT, float_val=[value], tensor_shape=tensor_shape_pb2.TensorShapeProto()
            )
            told = metadata.create_summary_metadata(display_name="", description="")
            summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=told)])
            writer.add_event(event_pb2.Event(wall_time=1e9 + step, step=step, summary=summary))
    writer.close()
    return folder


def only_file(folder: Path) -> Path:
    (path,) = folder.glob("*tfevents*")
    return path
