"""A real CalDAV server (Radicale) in a process of its own, that can be away and come back with all that it held."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.ports import free_port


class Radicale:
    """`password` is that of all its `users`. Always at the same address, for as long as it is up."""

    def __init__(self, folder: Path, *, users: Sequence[str], password: str) -> None:
        port = free_port()
        self.url, self.password = f"http://127.0.0.1:{port}/", password
        self._config, self._log = folder / "config", folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "users").write_text("".join(f"{user}:{password}\n" for user in users))
        self._config.write_text(
            f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\n"
            f"htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {folder}/collections\n"
        )

    def start(self) -> None:
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "radicale", "--config", str(self._config)], stdout=log, stderr=log
            )
        for _ in range(1200):
            try:
                httpx.get(self.url)
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
        self.stop()
        raise AssertionError(self._log.read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None
