"""The command `sandbox`."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import yaml
from click.testing import CliRunner

from syncjob.cli.sandbox import greeting, sandbox
from syncjob.emulator import Emulator
from tests.builders_emulator import Caller

RUN = "from syncjob.cli.sandbox import sandbox; sandbox()"


def test_the_greeting_ends_in_a_config_to_paste() -> None:
    with Emulator(contacts=2) as remote:
        text = greeting(remote)
        block = "\n".join(line for line in text.splitlines() if line.startswith(("job:", "remote:", "  ")))
        assert yaml.safe_load(block)["remote"] == {
            "kind": "exotel_contacts",
            "base_url": remote.url,
            "account_sid": remote.account,
            "api_key": remote.key,
            "api_token": remote.token,
        }
        assert "2 invented contacts" in text


def test_the_command_serves_until_ctrl_c_and_obeys_its_options() -> None:
    options = ["--port", "0", "--contacts", "3", "--rate", "5/minute", "--latency", "1"]
    with subprocess.Popen([sys.executable, "-u", "-c", RUN, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        remote = Emulator(port=int(first.strip().rpartition(":")[2]))
        while "Ctrl-C" not in process.stdout.readline():
            pass
        call = Caller(remote)
        assert len(call.listing()) == 3
        switches = call.control("switches")
        call.wire.close()
        assert (switches["rate"], switches["latency"]) == ("5/minute", 0.001)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().strip() == "Stopped after 1 request."
        assert process.wait(10) == 0


def test_a_taken_port_and_a_strange_rate_are_usage_errors() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(sandbox, ["--port", str(taken.getsockname()[1])])
        assert (result.exit_code, "--port 0" in result.output) == (2, True)
    assert CliRunner().invoke(sandbox, ["--rate", "fast"]).exit_code == 2
