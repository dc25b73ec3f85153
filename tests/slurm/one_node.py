"""A real Slurm of one node: its three daemons on loopback, with everything they write under one folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

DAEMONS = ("munged", "slurmctld", "slurmd")
#: Where a system has its daemons, whatever a person's PATH says.
SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class OneNode:
    """munged, slurmctld and slurmd as our own children; a node that claims sixteen processors and one GPU of two shards.

    The daemons stay in the foreground, so that they are signalled by number and never by name, and die with
    this process even where nothing could be tidied up.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.host = folder, socket.gethostname().partition(".")[0]
        self._environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("munge", "state", "spool"):
            (folder / name).mkdir(mode=0o755)
        key = folder / "munge" / "key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        # A device that every Linux has stands in for the GPU: Slurm only counts it.
        (folder / "gres.conf").write_text(
            f"NodeName={self.host} Name=gpu File=/dev/null\nNodeName={self.host} Name=shard Count=2\n"
        )
        (folder / "slurm.conf").write_text("".join(f"{key}={value}\n" for key, value in self._settings()))

    def _settings(self) -> list[tuple[str, str]]:
        controller, node = free_ports(2)
        at = self.folder
        return [
            ("ClusterName", "cockpit"),
            ("SlurmctldHost", f"{self.host}(127.0.0.1)"),
            ("SlurmctldPort", str(controller)),
            ("SlurmdPort", str(node)),
            ("CommunicationParameters", "NoCtldInAddrAny,NoInAddrAny"),
            ("SlurmUser", "root"),
            ("AuthType", "auth/munge"),
            ("AuthInfo", f"socket={at}/munge/socket"),
            ("StateSaveLocation", f"{at}/state"),
            ("SlurmdSpoolDir", f"{at}/spool"),
            ("SlurmctldPidFile", f"{at}/slurmctld.pid"),
            ("SlurmdPidFile", f"{at}/slurmd.pid"),
            # No control groups, no accounting, no mail, no MPI: what a container lacks.
            ("ProctrackType", "proctrack/linuxproc"),
            ("TaskPlugin", "task/none"),
            ("JobAcctGatherType", "jobacct_gather/none"),
            ("AccountingStorageType", "accounting_storage/none"),
            ("MpiDefault", "none"),
            ("SwitchType", "switch/none"),
            ("MailProg", "/bin/true"),
            ("SelectType", "select/cons_tres"),
            ("SelectTypeParameters", "CR_CPU"),
            ("GresTypes", "gpu,shard"),
            ("SchedulerParameters", "batch_sched_delay=0,sched_interval=2,bf_interval=2"),
            ("SlurmdParameters", "config_overrides"),
            ("ReturnToService", "2"),
            # A cluster of people waits ten seconds for an answer; a test of silence need not.
            ("MessageTimeout", "2"),
            ("KillWait", "5"),
            (
                "NodeName",
                f"{self.host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=4000 Gres=gpu:1,shard:2 State=UNKNOWN",
            ),
            ("PartitionName", f"debug Nodes={self.host} Default=YES MaxTime=INFINITE State=UP"),
        ]

    def start(self) -> None:
        """All three daemons, up to a node that takes jobs."""
        at = self.folder / "munge"
        self._spawn(
            "munged",
            "--foreground",
            "--force",
            f"--key-file={at}/key",
            f"--socket={at}/socket",
            f"--pid-file={at}/pid",
            f"--seed-file={at}/seed",
            f"--log-file={at}/log",
        )
        wait_for((at / "socket").exists, "munged's socket")
        self.start_controller()
        self._spawn("slurmd", "-D", "-f", str(self.folder / "slurm.conf"), "-N", self.host)
        wait_for(lambda: self.node_state() == "idle", "an idle node")

    def start_controller(self) -> None:
        """The controller, new or again: it keeps its queue in the state folder."""
        self._spawn("slurmctld", "-D", "-f", str(self.folder / "slurm.conf"))

    def kill_controller(self) -> None:
        """As a crash would."""
        self._running["slurmctld"].kill()
        self._running.pop("slurmctld").wait()

    def signal_controller(self, number: signal.Signals) -> None:
        """Hold the controller, or let it go on."""
        self._running["slurmctld"].send_signal(number)

    def node_state(self) -> str:
        """The node's state in sinfo's word, empty while nobody answers."""
        return self.tell("sinfo", "--noheader", "--format=%T").strip()

    def tell(self, *arguments: str) -> str:
        """What one of Slurm's own commands prints."""
        done = subprocess.run(arguments, env=self._environment, capture_output=True, text=True, timeout=60)
        return done.stdout

    def stop(self) -> None:
        """End every job, then the daemons, in the order in which they need one another."""
        if "slurmctld" in self._running:
            self.signal_controller(signal.SIGCONT)
            self.tell("scancel", "--quiet", "--signal=KILL", "--full", "--user=root")
            self.tell("scancel", "--quiet", "--user=root")
            time.sleep(0.3)
        for name in reversed(DAEMONS):
            if process := self._running.pop(name, None):
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self._sweep()

    def _sweep(self) -> None:
        """Kill what a job has left: whatever carries this cluster's own configuration in its environment."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if (
                    process.environ().get("SLURM_CONF") == self._environment["SLURM_CONF"]
                    and process.pid != os.getpid()
                ):
                    process.kill()

    def log(self) -> str:
        """The ends of what the daemons said, for a test that fails to start them."""
        return "\n".join(f"{p.name}: {p.read_text(errors='replace')[-600:]}" for p in self.folder.glob("*.log"))

    def _spawn(self, name: str, *arguments: str) -> None:
        path = shutil.which(name, path=SBIN)
        assert path is not None
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", path, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.1)
