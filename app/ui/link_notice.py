"""What does a page say of a link that asks for what is not there? A sentence, until something else is asked."""

from __future__ import annotations

import streamlit as st

from app.ui.linked import forget, linked


class LinkNotice:
    """What stands in for what was asked, and why. `name` is where the page keeps it, `keys` are what can be asked.

    To say it once would not do: a page is drawn again as soon as its work has come further.
    """

    def __init__(self, name: str, keys: tuple[str, ...]) -> None:
        self._name, self._keys = name, keys

    def replace(self, key: str, sentence: str) -> None:
        """Take what the network does not have out of the state and the address, and say so."""
        forget(key)
        st.session_state[self._name] = (sentence, self._asked())

    def sentence(self) -> str | None:
        """What is to be said, as long as nothing else is asked than what stood in for it."""
        sentence, asked = st.session_state.get(self._name, (None, None))
        return sentence if asked == self._asked() else None

    def drop(self) -> None:
        """Nothing is to be said any more."""
        st.session_state.pop(self._name, None)

    def _asked(self) -> tuple[str, ...]:
        return tuple(linked(key, "") for key in self._keys)
