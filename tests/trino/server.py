"""A real Trino server on the loopback interface: fetched once, started, awaited and ended.

The server comes from Maven Central by Maven's own client, which checks its checksum and keeps it in
a cache; of its plugins only `hive` is unpacked. It needs Java 24 or newer.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = "476"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "labor-lake"

_OLDEST_JAVA = 24
_JAVA_HOMES = ("/usr/lib/jvm", "/Library/Java/JavaVirtualMachines")
_READY_SECONDS = 180
_ENDS_WITHIN_SECONDS = 30

# Source: trino.io/docs/476/installation/deployment.html, November 2026; the heap is this project's.
_JVM = """\
-server
-Xmx1G
-XX:+ExitOnOutOfMemoryError
-XX:-OmitStackTraceInFastThrow
-Djdk.attach.allowAttachSelf=true
-Djdk.nio.maxCachedBufferSize=2000000
-Dfile.encoding=UTF-8
--add-modules=jdk.incubator.vector
--enable-native-access=ALL-UNNAMED
"""


class Unavailable(Exception):
    """There is no Trino server on this machine, and why."""


@contextlib.contextmanager
def trino_server(folder: Path, catalogs: Mapping[str, str]) -> Iterator[str]:
    """Starts a server and ends it; gives its address.

    Args:
        folder: gets its configuration, its data and its log.
        catalogs: the text of each catalog's file, by the catalog's name.

    Raises:
        Unavailable: it cannot be fetched, has no Java, or does not start.
    """
    home, java = unpacked(), java_home()
    address = f"http://127.0.0.1:{_free_port()}"
    configure(folder, address, catalogs)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [home / "bin" / "launcher", "run", f"--etc-dir={folder}/etc", f"--data-dir={folder}"],
            env={**os.environ, "JAVA_HOME": str(java), "PATH": f"{java}/bin:{os.environ['PATH']}"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(server, address, folder / "server.log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(_ENDS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def configure(folder: Path, address: str, catalogs: Mapping[str, str]) -> None:
    """Writes the configuration of a server that is coordinator and worker in one."""
    etc = folder / "etc"
    (etc / "catalog").mkdir(parents=True, exist_ok=True)
    port = address.rpartition(":")[2]
    (etc / "node.properties").write_text(
        "node.environment=test\n"
        "node.id=test\n"
        "node.bind-ip=127.0.0.1\n"
        "node.internal-address=127.0.0.1\n"
    )
    (etc / "jvm.config").write_text(_JVM)
    (etc / "log.properties").write_text("io.trino=WARN\n")
    (etc / "config.properties").write_text(
        "coordinator=true\n"
        "node-scheduler.include-coordinator=true\n"
        f"http-server.http.port={port}\n"
        f"discovery.uri={address}\n"
        "catalog.management=static\n"
        "query.max-memory-per-node=400MB\n"
    )
    for name, text in catalogs.items():
        (etc / "catalog" / f"{name}.properties").write_text(text)


def unpacked() -> Path:
    """The folder of the server, which is fetched and unpacked if it is not there.

    Raises:
        Unavailable: it cannot be fetched.
    """
    home = CACHE / f"trino-server-{VERSION}"
    if not home.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = CACHE / f"unfinished-{os.getpid()}"
        wanted = tuple(f"{home.name}/{part}" for part in ("bin/", "lib/", "plugin/hive/"))
        try:
            with tarfile.open(fetched()) as archive:
                members = (one for one in archive if one.name.startswith(wanted))
                archive.extractall(unfinished, members, filter="data")
            (unfinished / home.name).rename(home)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return home


def fetched() -> Path:
    """The server's archive, fetched by Maven unless its cache has it; 821 MB.

    Raises:
        Unavailable: there is no Maven, or Maven could not fetch it.
    """
    repository = CACHE / "maven"
    archive = repository / f"io/trino/trino-server/{VERSION}/trino-server-{VERSION}.tar.gz"
    if archive.is_file():
        return archive
    if shutil.which("mvn") is None:
        raise Unavailable("There is no Trino server here, and no mvn that could fetch it.")
    asked = subprocess.run(
        [
            "mvn", "-B", "-q", f"-Dmaven.repo.local={repository}",
            "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get",
            f"-Dartifact=io.trino:trino-server:{VERSION}:tar.gz", "-Dtransitive=false",
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if asked.returncode or not archive.is_file():
        raise Unavailable(f"Maven could not fetch the Trino server: {asked.stdout[-500:]}")
    return archive


def java_home() -> Path:
    """A Java that is new enough: that of JAVA_HOME, of PATH, or one that is installed.

    Raises:
        Unavailable: there is none.
    """
    on_path = shutil.which("java")
    homes = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    homes += [Path(on_path).resolve().parents[1]] if on_path else []
    for place in map(Path, _JAVA_HOMES):
        homes += sorted(place.glob("*")) + sorted(place.glob("*/Contents/Home"))
    for home in homes:
        if _java_version(home) >= _OLDEST_JAVA:
            return home
    raise Unavailable(f"Trino {VERSION} needs Java {_OLDEST_JAVA} or newer; JAVA_HOME names it.")


def _java_version(home: Path) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text())
        return int(found[1]) if found else 0
    return 0


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_until_ready(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Waits until the server says that it has started, or has ended.

    Raises:
        Unavailable: it has ended, or takes too long.
    """
    until = time.monotonic() + _READY_SECONDS
    again = threading.Event()
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Unavailable(f"The Trino server ended: {log.read_text('utf-8')[-1500:]}")
        if _has_started(address):
            return
        again.wait(0.2)
    raise Unavailable(f"The Trino server did not start in {_READY_SECONDS} seconds.")


def _has_started(address: str) -> bool:
    try:
        with urlopen(f"{address}/v1/info", timeout=5) as answer:
            return b'"starting":false' in answer.read()
    except (URLError, OSError):
        return False
