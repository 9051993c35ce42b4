"""Classic kernels: what nine numbers do to a picture, and how a kernel is found from its result."""

import streamlit as st

from app.components.kernel_view.component import Scene, Step, kernel_view
from app.ui import kernel_paint as paint
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.kernel_code import kernel_code
from app.ui.kernel_dials import dials
from app.ui.kernel_form import kernel_form
from app.ui.kernel_pictures import compute_panels
from app.ui.kernel_state import NOTICE, VIEW, Form, dial_turned, edited, read_form
from app.ui.plain import plain
from app.ui.theme import current_theme
from cnnviz.image import palette

chosen = open_page(
    "Classic kernels",
    "A kernel is a small grid of weights. Laid over every pixel, it multiplies and adds, and makes a new picture.",
)


def show(form: Form) -> None:
    panels = compute_panels(form, chosen)
    st.markdown(form.words)
    st.caption(form.facts)
    if form.problem:
        st.error(plain(form.problem, longest=300), icon=":material/error:")
    kernel_view(
        VIEW,
        Scene(
            picture=chosen.address(form.side),
            channels=1 if form.grey else 3,
            border=form.border,
            stages=[Step(stage.kind, stage.matrix, stage.bias) for stage in panels.stages],
            panels=panels.panels,
            clamped=panels.clamped,
            editable=form.editable,
            channel=form.channel,
            brush=form.brush,
            dials=dials(form.stage) if form.editable else (),
            palette=palette("signed", current_theme()) if form.signed else None,
        ),
        on_edit=edited,
        on_stroke=paint.stroke_added,
        on_dial=dial_turned,
    )


def body() -> None:
    settings, picture = bench()
    form = read_form(chosen)
    with picture:  # before the settings: the learner sees the new picture before Streamlit has gone through the form
        NOTICE.show()
        guarded(lambda: show(form))
    with settings:
        kernel_form(form)
    note = "What you painted stays here; the kernel that was found is in the link." if form.painting else ""
    close_page("classic_kernels", kernel_code(form, chosen, current_theme()), chosen, note)


live(body, chosen)
