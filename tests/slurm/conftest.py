"""One real Slurm for each test process that needs one; where it is not installed, its tests are skipped aloud."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parent))
from one_node import DAEMONS, SBIN, OneNode

INSTALL = "apt-get install -y slurmctld slurmd slurm-client munge"


@pytest.fixture(scope="session")
def one_node() -> Iterator[OneNode]:
    """Ports and a folder of its own, so that test processes are in nobody's way."""
    missing = [name for name in (*DAEMONS, "sbatch", "setpriv") if shutil.which(name, path=SBIN) is None]
    if missing:
        pytest.skip(f"NOT TESTED against a real Slurm: no {', '.join(missing)} here; {INSTALL}")
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED against a real Slurm: only root can start its daemons")
    # A path short enough for a Unix socket, which pytest's own need not be.
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        node = OneNode(Path(name))
        try:
            try:
                node.start()
            except AssertionError as error:
                pytest.fail(f"Slurm did not come up: {error}\n{node.log()}")
            yield node
        finally:
            node.stop()


@pytest.fixture
def cluster(one_node: OneNode, monkeypatch: pytest.MonkeyPatch) -> Iterator[OneNode]:
    """The Slurm that the commands of this test speak to; no job outlives the test."""
    monkeypatch.setenv("SLURM_CONF", str(one_node.folder / "slurm.conf"))
    yield one_node
    one_node.tell("scancel", "--user=root")
