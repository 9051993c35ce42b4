"""A download arrives whole and unaltered, or leaves nothing behind but one sentence."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from cnnviz.errors import NetworkError
from cnnviz.network import download as module
from cnnviz.network.download import download
from tests.network.servers import serving

CONTENT = bytes(range(256)) * 4096
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """/whole, /cut and /stalled send CONTENT so; anything else is not there."""

    def do_GET(self) -> None:
        if self.path not in ("/whole", "/cut", "/stalled"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/whole" else CONTENT[:1000])
        if self.path == "/stalled":
            self.wfile.flush()
            time.sleep(1.5)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Server) as address:
        yield address


def test_a_download_arrives_whole_and_reports_every_step(server: str, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    target = tmp_path / "new" / "weights.pth"
    download(f"{server}/whole", target, CHECKSUM[:8], lambda done, total: steps.append((done, total)))
    assert target.read_bytes() == CONTENT
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert len(steps) > 1


@pytest.mark.parametrize(
    ("path", "checksum", "says"),
    [
        ("whole", "00000000", "checksum differs"),
        ("cut", CHECKSUM, "broke off after 0.0 MB of 1.0 MB"),
        ("stalled", CHECKSUM, "stalled after 0.0 MB"),
        ("missing", CHECKSUM, "answered 404"),
    ],
)
def test_a_failed_download_leaves_no_file(
    server: str, tmp_path: Path, path: str, checksum: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALL_SECONDS", 0.5)
    with pytest.raises(NetworkError, match=says):
        download(f"{server}/{path}", tmp_path / "weights.pth", checksum)
    assert list(tmp_path.iterdir()) == []


def test_whoever_stops_the_progress_stops_the_download(server: str, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(f"{server}/whole", tmp_path / "weights.pth", CHECKSUM, stop)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_connection_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connecting is refused
        with pytest.raises(NetworkError, match="cannot be reached"):
            download(f"http://127.0.0.1:{taken.getsockname()[1]}/x", tmp_path / "weights.pth", CHECKSUM)


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(NetworkError, match="did not answer within"):
            download(f"http://127.0.0.1:{silent.getsockname()[1]}/x", tmp_path / "weights.pth", CHECKSUM)


def test_a_name_look_up_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.3)
    hanging = threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        hanging.wait(60)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    start = time.perf_counter()
    with pytest.raises(NetworkError, match=r"example\.invalid did not answer"):
        download("https://example.invalid/x", tmp_path / "weights.pth", CHECKSUM)
    hanging.set()
    assert time.perf_counter() - start < 30, "not as long as the look-up hangs"


def test_a_class_that_waits_in_line_for_a_silent_server_waits_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.perf_counter()
        for _ in range(40):
            with pytest.raises(NetworkError, match="did not answer"):
                download(f"http://127.0.0.1:{silent.getsockname()[1]}/x", tmp_path / "weights.pth", CHECKSUM)
    assert time.perf_counter() - start < 10, "not 40 times half a second"


def test_giving_up_leaves_time_for_the_rest_of_five_seconds() -> None:
    assert module.CONNECT_SECONDS <= 4
