"""What does a page say of a link that asks for what is not there? A sentence, until something else is asked."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.ui.linked import linked, set_linked


class LinkNotice:
    """What stands in for what was asked, and why. `name` is where the page keeps it, `keys` are what can be asked.

    To say it once would not do: a page is drawn again as soon as its work has come further. `defaults` are those of
    keys whose text is not empty to begin with.
    """

    def __init__(self, name: str, keys: tuple[str, ...], defaults: Mapping[str, str] | None = None) -> None:
        self._name, self._keys, self._defaults = name, keys, dict(defaults or {})

    def replace(self, key: str, sentence: str, stand_in: str | None = None) -> None:
        """Take what cannot be out of the state and the address, and say so; its default or `stand_in` comes instead."""
        before = self.sentence()  # of the same link
        default = self._defaults.get(key, "")
        set_linked(key, default if stand_in is None else stand_in)
        linked(key, default)
        st.session_state[self._name] = (f"{before} {sentence}" if before else sentence, self._asked())

    def show(self) -> None:
        """Draw the sentence, where there is one."""
        if sentence := self.sentence():
            st.warning(sentence, icon=":material/info:")

    def sentence(self) -> str | None:
        """What is to be said, as long as nothing else is asked than what stood in for it."""
        sentence, asked = st.session_state.get(self._name, (None, None))
        return sentence if asked == self._asked() else None

    def drop(self) -> None:
        """Nothing is to be said any more."""
        st.session_state.pop(self._name, None)

    def _asked(self) -> tuple[str, ...]:
        return tuple(linked(key, self._defaults.get(key, "")) for key in self._keys)
