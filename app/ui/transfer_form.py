"""The settings beside the first answer: which pictures, which network, and for own classes how to collect them."""

from __future__ import annotations

import streamlit as st

from app.ui.linked import hold, set_linked, widget_key
from app.ui.network_picker import network_picker
from app.ui.transfer_answer import PROGRESS
from app.ui.transfer_collect import ADDING, FILES, collect_form
from app.ui.transfer_data import SOURCES, TransferData
from app.ui.transfer_state import ASK, SOURCE, Form
from cnnviz.learn import DATASETS

# Room for a line of progress, so that nothing moves when one comes or goes; and of what Streamlit says of files by
# itself, one limit for all of them, nothing.
_STYLE = f"""<style>
.st-key-{PROGRESS}, .st-key-{ADDING} {{ min-height: 2.5rem; }}
[class*="st-key-tr_line"] {{ min-height: 2.5rem; }}
.st-key-{FILES} [data-testid="stFileUploaderDropzoneInstructions"] {{ display: none; }}
</style>"""


def transfer_form(form: Form, data: TransferData) -> None:
    """Draw it."""
    st.html(_STYLE)
    hold(widget_key(SOURCE), form.source)
    st.radio("Pictures", list(SOURCES), format_func=SOURCES.__getitem__, key=widget_key(SOURCE), on_change=_chosen)
    if data.own:
        collect_form(data)
    else:
        info = DATASETS[form.source]
        st.caption(f"{info.sentence} {info.credit}.")
    network_picker(form.choice, on_change=lambda: None)


def _chosen() -> None:
    set_linked(SOURCE, str(st.session_state[widget_key(SOURCE)]))
    set_linked(ASK, "")  # what was asked about is a picture of the former set
