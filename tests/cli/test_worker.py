"""`registry worker` ends when it is told to."""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

SYS_TGKILL = {"x86_64": 234, "aarch64": 131}
"""The kernel's number for a signal to one thread, by kind of machine."""


def test_it_ends_whichever_of_its_threads_the_system_hands_the_signal_to(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("registry")), "worker"]
    environment = os.environ | {"REGISTRY_DATA_DIR": str(tmp_path), "REGISTRY_DATABASE_URL": ""}
    worker = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE)
    try:
        assert worker.stderr is not None
        assert b"Ctrl-C ends it" in worker.stderr.readline()
        others = {int(each.name) for each in Path(f"/proc/{worker.pid}/task").iterdir()} - {worker.pid}
        number = SYS_TGKILL[os.uname().machine]
        assert ctypes.CDLL(None).syscall(number, worker.pid, max(others), signal.SIGTERM) == 0
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.communicate()
