"""Normalization: whose mean is taken, what the other pictures of a batch change, and what LRN divides by."""

from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import DEFAULT, NetworkChoice, obtain
from app.ui.normalization_code import normalization_code
from app.ui.normalization_form import Form, normalization_form
from cnnviz.network import network_info

chosen = open_page(
    "Normalization",
    "Subtract a mean, divide by a spread. The kinds differ in whose mean it is, and that decides what a layer knows.",
)


def show(form: Form) -> None:
    network = obtain(NetworkChoice(network_info(DEFAULT), "auto"))
    if network is None:
        return
    # torch is in from here on; before, these imports would hold up the page.
    from app.ui.normalization_panes import show_company, show_neighbours, show_sets

    {"sets": show_sets, "company": show_company, "neighbours": show_neighbours}[form.see](form, network, chosen)


def body() -> None:
    settings, picture = bench()
    with settings:
        form = normalization_form()
    with picture:
        guarded(lambda: show(form))
    close_page("normalization", normalization_code(form, chosen), chosen)


live(body, chosen)
