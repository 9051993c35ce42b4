"""Which scenes may a view fetch by itself? Those of its page, under a ticket, without waiting for the page's script.

A gesture that goes through Streamlit runs a script and draws the page's elements anew. Where only one view changes,
the view asks our own route for its next scene, shows it, and tells the server afterwards.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit import config

from app.ui.picture import ChosenPicture
from app.ui.shelf import PICTURES
from app.ui.visitor import visitor
from cnnviz.errors import CnnvizError

MOST_TICKETS = 512  # one for each page that stands open; who lost theirs gets their scenes by the script


@dataclass(frozen=True)
class _Offer:
    visitor: str
    picture: str
    make: Callable[[str], bytes | None]


class SceneDesk:
    """Offers by ticket, the longest unused let go first. Safe to call from any thread."""

    def __init__(self, most: int = MOST_TICKETS) -> None:
        self._offers: OrderedDict[str, _Offer] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def offer(self, ticket: str, visitor: str, picture: str, make: Callable[[str], bytes | None]) -> None:
        """From now on `visitor` gets `make(name)` under `ticket`, as long as the picture `picture` is there."""
        with self._lock:
            self._offers[ticket] = _Offer(visitor, picture, make)
            self._offers.move_to_end(ticket)
            while len(self._offers) > self._most:
                self._offers.popitem(last=False)

    def fetch(self, ticket: str, visitor: str | None, name: str) -> bytes | None:
        """The scene `name`; None for whom it is not, and where the page has to be asked."""
        with self._lock:
            offer = self._offers.get(ticket)
            if offer is None or offer.visitor != visitor:
                return None
            self._offers.move_to_end(ticket)
        try:
            return offer.make(name)
        except CnnvizError:  # the page says in words what is wrong
            return None

    def drop(self, gone: frozenset[str]) -> None:
        """Let go of what shows one of the pictures `gone`."""
        with self._lock:
            for ticket in [ticket for ticket, offer in self._offers.items() if offer.picture in gone]:
                del self._offers[ticket]


SCENES = SceneDesk()
PICTURES.on_gone(SCENES.drop)


def offered(page: str, chosen: ChosenPicture, make: Callable[[str], bytes | None]) -> str:
    """Offer the visitor's browser the scenes of `page`; returns the address to which it appends a scene's name.

    `make` runs outside of any script, on a thread of its own: it asks neither session nor link.
    """
    ticket = st.session_state.setdefault(f"_{page}_ticket", secrets.token_urlsafe(24))
    SCENES.offer(ticket, visitor(), chosen.key, make)
    base = config.get_option("server.baseUrlPath").strip("/")
    return f"{'/' + base if base else ''}/scenes/{ticket}/"
