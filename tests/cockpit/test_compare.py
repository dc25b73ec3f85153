"""`cockpit compare`: the comparison without a screen."""

from __future__ import annotations

import json

import pytest
import sessions_document

from cockpit.cli import app, main


@pytest.fixture
def compared(root, monkeypatch, capsys):
    """Run the command on the document's two sessions; its exit code, output and errors."""
    sessions_document.make(root)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cockpit", "compare", *arguments, "--runs", str(root)])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


BOTH = ("session-02-stable", "session-04-aggressive")


def test_markdown_in_the_order_of_the_names(compared):
    code, out, _ = compared(*BOTH)
    assert code == 0 and out.startswith("# B 04-aggressive against A 02-stable\n")
    assert "|    40 | 59.54 | 63.88 | +4.34 |" in out
    _, out, _ = compared(*reversed(BOTH))
    assert out.startswith("# B 02-stable against A 04-aggressive\n") and "|    40 | 63.88 | 59.54 | -4.34 |" in out


def test_another_baseline_and_another_epoch(compared):
    _, out, _ = compared("session*", "--baseline", "session-04-aggressive", "--epoch", "90")
    assert out.startswith("# A 02-stable against B 04-aggressive\n") and "## At epoch 90" in out
    assert "|    40 | 59.54 | 63.88 | -4.34 |" in out


def test_json(compared):
    _, out, _ = compared(*BOTH, "--json", "--epoch", "40")
    record = json.loads(out)
    assert record["values"][1]["test_acc"] == 0.6388 and record["verdict"][0]["about"] == "peak"


def test_a_file_is_never_written_over(compared, tmp_path):
    path = tmp_path / "new" / "report.md"
    code, out, _ = compared(*BOTH, "--output", str(path))
    assert (code, out) == (0, f"written: {path}\n") and path.read_text().startswith("# B 04-aggressive")
    path.write_text("mine")
    code, _, error = compared(*BOTH, "--output", str(path))
    assert code == 2 and "is there already" in error and path.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["session-02-stable"], "only one run is meant"),
        (["session-02-stable", "session-05"], "no run of this name"),
        ([*BOTH, "--baseline", "session-03"], "no run of this name"),
        ([*BOTH, "--baseline", "session*"], "means 2 of the sessions compared"),
        ([*BOTH, "--epoch", "42"], "epoch 42 is measured in none of them"),
        ([*BOTH, "--json", "--markdown"], "leave one of them out"),
        ([*BOTH, "--output", "/proc/none/report.md"], "name a file in a folder that you may write to"),
    ],
)
def test_mistakes_are_told(compared, arguments, wanted):
    code, out, error = compared(*arguments)
    assert (code, out) == (2, "") and wanted in error and "Traceback" not in error


def test_it_is_a_command():
    assert "compare" in {command.name for command in app.registered_commands}
