"""How does a large file reach the visitor's browser? Piece by piece from our own route, so that none fills the memory.

Streamlit's own button holds the whole file in the memory for as long as it stands on a page.
"""

from __future__ import annotations

import html
import os
import secrets
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st
from streamlit import config

from app.ui.visitor import visitor

MOST_TICKETS = 512
_PIECE = 1 << 20
_LOOK = (
    "display:inline-block;padding:0.4rem 0.75rem;border-radius:0.25rem;color:inherit;text-decoration:none;"
    "font-size:0.875rem;border:1px solid color-mix(in srgb, currentColor 45%, transparent)"
)


@dataclass(frozen=True)
class Download:
    """A file for one visitor; `pieces` gives it anew each time that it is fetched, or raises CnnvizError."""

    visitor: str
    name: str
    pieces: Callable[[], Iterator[bytes]]


class DownloadDesk:
    """Files by ticket, the longest unused let go first. Safe to call from any thread."""

    def __init__(self, most: int = MOST_TICKETS) -> None:
        self._offers: OrderedDict[str, Download] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def offer(self, ticket: str, download: Download) -> None:
        """From now on its visitor gets this under `ticket`."""
        with self._lock:
            self._offers[ticket] = download
            self._offers.move_to_end(ticket)
            while len(self._offers) > self._most:
                self._offers.popitem(last=False)

    def fetch(self, ticket: str, visitor: str | None) -> Download | None:
        """What is offered under the ticket; None for whom it is not."""
        with self._lock:
            found = self._offers.get(ticket)
            return found if found is not None and found.visitor == visitor else None


DOWNLOADS = DownloadDesk()


class PackedFile:
    """A file on the disk without a name: it is gone as soon as nothing speaks of it any more, or the program ends."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as this

    @property
    def size(self) -> int:
        """Bytes."""
        return os.fstat(self.file.fileno()).st_size

    def pieces(self) -> Iterator[bytes]:
        """The content from its beginning, whoever else reads it at the same time."""
        self.file.flush()
        start = 0
        while piece := os.pread(self.file.fileno(), _PIECE, start):
            yield piece
            start += len(piece)


def download_link(label: str, name: str, pieces: Callable[[], Iterator[bytes]], key: str) -> None:
    """A link that has the browser save what `pieces` gives as a file called `name`."""
    ticket = st.session_state.setdefault(f"_{key}_ticket", secrets.token_urlsafe(24))
    DOWNLOADS.offer(ticket, Download(visitor(), name, pieces))
    base = config.get_option("server.baseUrlPath").strip("/")
    address = f"{'/' + base if base else ''}/downloads/{ticket}"
    with st.container(key=key):
        st.html(
            f'<a href="{html.escape(address)}" download="{html.escape(name)}" style="{_LOOK}">{html.escape(label)}</a>'
        )
