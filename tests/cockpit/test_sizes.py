"""The size of planned runs, asked of the real engine."""

from __future__ import annotations

from cockpit.plan import plan
from cockpit.sizes import sizes


def test_each_kind_of_run_is_sized_once_and_data_need_not_be_there() -> None:
    runs = plan("dml-resnet32", ["grid.nodes.dml_2.model=resnet8"], needs_data=False, only="*dml_[23]*").runs
    found = {run.label: size for run, size in sizes((*runs, *plan("quickstart").runs))}
    assert set(found) == {"dml_2", "dml_3", "mixup0-seed0"}
    assert 0 < found["mixup0-seed0"].memory < found["dml_2"].memory < found["dml_3"].memory
    assert found["dml_3"].checkpoint > 3 * 4 * 460_000  # three networks' weights, in fp32, and their momentum
