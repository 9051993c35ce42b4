"""How does a file of weights get here: whole, unaltered, or with a sentence that says why not?"""

import hashlib
import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from cnnviz.errors import NetworkError

CONNECT_SECONDS = 3.0
"""Without an answer by then the machine counts as offline; looking up the name, which can hang, counts too."""
SILENT_SECONDS = 10.0
"""A host that did not answer is not asked again for so long: a class that waits in line learns it at once."""
STALL_SECONDS = 20.0
"""A download that gives no byte for so long is given up."""
CHUNK = 1 << 18


def download(url: str, target: Path, checksum: str, progress: Callable[[int, int], None] | None = None) -> None:
    """Fetch ``url`` into ``target``, which appears only once it is complete and its SHA-256 starts with ``checksum``.

    ``progress(done_bytes, total_bytes)`` is called from the first byte on, total 0 where unknown. Raises NetworkError,
    within ``CONNECT_SECONDS`` when there is no connection.
    """
    with _connect(url) as response:
        partial = target.with_name(f"{target.name}.{uuid.uuid4().hex}.partial")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            file = partial.open("xb")
        except OSError as error:
            raise NetworkError(
                f"{target.parent} cannot be written ({_reason(error)}); set TORCH_HOME to a folder that can."
            ) from None
        try:
            with file:
                found = _copy(response, file, url, progress)
            if not found.startswith(checksum):
                raise NetworkError(
                    f"What {_host(url)} sent for {target.name} is not the published file (its checksum differs); "
                    "try again, or from another connection."
                )
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _connect(url: str) -> http.client.HTTPResponse:
    """Open ``url`` within CONNECT_SECONDS, in a thread of its own, since looking up a name cannot be interrupted."""
    if time.monotonic() - _silent_since.get(_host(url), -SILENT_SECONDS) < SILENT_SECONDS:
        raise NetworkError(f"{_host(url)} did not answer a moment ago")
    answers: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()
    given_up = threading.Event()

    def ask() -> None:
        try:
            response = urllib.request.urlopen(url, timeout=STALL_SECONDS)
        except Exception as error:  # handed to the caller, who turns it into a sentence
            answers.put(error)
            return
        answers.put(response)
        if given_up.is_set():
            response.close()

    threading.Thread(target=ask, name="cnnviz-connect", daemon=True).start()
    try:
        answer = answers.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        given_up.set()
        _silent_since[_host(url)] = time.monotonic()
        raise NetworkError(f"{_host(url)} did not answer within {CONNECT_SECONDS:g} seconds") from None
    if isinstance(answer, urllib.error.HTTPError):
        raise NetworkError(f"{_host(url)} answered {answer.code} ({answer.reason})") from answer
    if isinstance(answer, Exception):
        raise NetworkError(f"{_host(url)} cannot be reached ({_reason(answer)})") from answer
    return answer


_silent_since: dict[str, float] = {}


def _copy(
    response: http.client.HTTPResponse, file: IO[bytes], url: str, progress: Callable[[int, int], None] | None
) -> str:
    """Write the response to ``file`` and return its SHA-256."""
    total, done, digest = int(response.headers.get("Content-Length") or 0), 0, hashlib.sha256()
    while True:
        try:
            chunk = response.read(CHUNK)
        except TimeoutError:
            raise NetworkError(f"The download from {_host(url)} stalled after {_megabytes(done)}; try again.") from None
        except (OSError, http.client.HTTPException) as error:
            raise NetworkError(
                f"The download from {_host(url)} broke off after {_megabytes(done)} ({_reason(error)}); try again."
            ) from None
        if not chunk:
            break
        try:
            file.write(chunk)
        except OSError as error:
            raise NetworkError(f"The download cannot be stored ({_reason(error)}); free some disk space.") from None
        digest.update(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, total)
    if done < total:
        raise NetworkError(
            f"The download from {_host(url)} broke off after {_megabytes(done)} of {_megabytes(total)}; try again."
        )
    return digest.hexdigest()


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _reason(error: BaseException) -> str:
    cause = getattr(error, "reason", error)
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
