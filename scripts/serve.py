"""`make app`: serve the app, say where it is, and stop cleanly on Ctrl-C.

Needs nothing but Python's own library, so that it adds nothing to the time until the first page is drawn.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import CERT_NONE, create_default_context

from scripts.environment import environment

ROOT = Path(__file__).resolve().parent.parent
APP = "app/server.py"
FIRST_PORT = 8501
LOCAL = ("127.0.0.1", "localhost")


def serve(host: str, port: int | None, certificate: tuple[str, str] | None) -> int:
    """Run the app until it ends or the user stops it; the exit status."""
    port = choose_port(host, port)
    command = streamlit_command(port, host, certificate)
    here, board = addresses(host, port, https=certificate is not None)
    # A group of its own, so that Ctrl-C reaches it only through us and it can finish what it is at.
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, start_new_session=True)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(0))
    try:
        if not wait_until_healthy(process, here):
            print("The app did not come up; what it says stands above.", file=sys.stderr, flush=True)
            return process.poll() or 1
        print(f"The app is open at {here} (Ctrl-C ends it).", flush=True)
        if board:
            print(f"For the board:  {board}", flush=True)
        if _has_display():
            webbrowser.open(here)
        return process.wait()
    except KeyboardInterrupt:
        print("\nThe app has ended.", flush=True)
        return 0
    finally:
        stop(process)


@dataclass(frozen=True)
class Served:
    """A running server: its address, its process id and the file that holds what it says."""

    address: str
    pid: int
    log: Path


@contextmanager
def running(script: str | Path = APP, wait: bool = True) -> Iterator[Served]:
    """Serve a Streamlit script on a free port while the block runs: for tests and benchmarks.

    Raises RuntimeError, with the last words of the server, if it does not come up. With `wait=False` the block begins
    as soon as the process has started.
    """
    port = _any_free_port("127.0.0.1")
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("w", encoding="utf-8") as words:
            process = subprocess.Popen(
                streamlit_command(port, script=script),
                cwd=ROOT,
                env={"CNNVIZ_HOME": str(Path(folder) / "home"), **environment()},  # what is left on disk goes, too
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
            )
        try:
            if wait and not wait_until_healthy(process, address):
                raise RuntimeError(
                    f"{script} does not come up. Its last words: {log.read_text(encoding='utf-8')[-3000:]}"
                )
            yield Served(address, process.pid, log)
        finally:
            stop(process)


def choose_port(host: str, port: int | None = None) -> int:
    """The port asked for, else the first free one from 8501 on. Exits with a sentence where it cannot be had."""
    if port is None:
        free = next((candidate for candidate in range(FIRST_PORT, FIRST_PORT + 100) if _is_free(host, candidate)), None)
        return _any_free_port(host) if free is None else free
    if not 1 <= port <= 65535:
        sys.exit(f"PORT={port} is not a port: take one from 1024 to 65535, or leave it out and a free one is chosen.")
    if not _is_free(host, port):
        sys.exit(
            f"Port {port} is taken or not allowed here: name another, PORT={port % 65535 + 1}, "
            "or leave it out and a free one is chosen."
        )
    return port


def addresses(host: str, port: int, https: bool = False) -> tuple[str, str | None]:
    """The address on this machine, and the one for others (None when only this machine is served)."""
    scheme = "https" if https else "http"
    if host in LOCAL:
        return f"{scheme}://localhost:{port}", None
    if host not in ("0.0.0.0", "::"):
        here = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        return here, None if host == "::1" else here
    return f"{scheme}://localhost:{port}", f"{scheme}://{lan_address()}:{port}"


def lan_address() -> str:
    """This machine's address in the local network. Connecting a UDP socket sends nothing; it only picks the way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address set aside for documentation (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def streamlit_command(
    port: int, host: str = "127.0.0.1", certificate: tuple[str, str] | None = None, script: str | Path = APP
) -> list[str]:
    """The command line that serves a script; without Streamlit's welcome, which asks a host outside for our address."""
    options = {
        "server.port": str(port),
        "server.address": host,
        "server.headless": "true",
        "logger.hideWelcomeMessage": "true",
    }
    if certificate:
        options |= {"server.sslCertFile": certificate[0], "server.sslKeyFile": certificate[1]}
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(script), *arguments]


def wait_until_healthy(process: subprocess.Popen[bytes], address: str, seconds: float = 120) -> bool:
    """Wait until the server answers; False if it ended or stayed silent."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        if is_healthy(address):
            return True
        time.sleep(0.02)
    return False


def is_healthy(address: str) -> bool:
    """Whether the server at `address` answers that it is well; a certificate of one's own making will do."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if address.startswith("https"):
        context = create_default_context()
        context.check_hostname, context.verify_mode = False, CERT_NONE
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(f"{address}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server: politely, and after ten seconds for good."""
    for send in (process.terminate, process.kill):
        if process.poll() is None:
            send()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                continue


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _any_free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _has_display() -> bool:
    if os.environ.get("CI") or os.environ.get("NO_BROWSER"):
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default="")
    parser.add_argument("--cert", default="")
    parser.add_argument("--key", default="")
    return parser.parse_args()


def main() -> int:
    """Check what `make app` was given, then serve."""
    given = _arguments()
    if given.port and not given.port.isdigit():
        sys.exit(f"PORT={given.port} is not a number: PORT=8501 would work.")
    if bool(given.cert) != bool(given.key):
        sys.exit("HTTPS needs both files: make app CERT=cert.pem KEY=key.pem.")
    for name, path in (("CERT", given.cert), ("KEY", given.key)):
        if path and not Path(path).is_file():
            sys.exit(f"{name}={path} is not a file: give the path of a PEM file.")
    certificate = (str(Path(given.cert).resolve()), str(Path(given.key).resolve())) if given.cert else None
    return serve(given.host or "127.0.0.1", int(given.port) if given.port else None, certificate)


if __name__ == "__main__":
    sys.exit(main())
