"""Convolution: how every value of a map is made, number by number, and what each setting of the layer changes."""

from app.components.convolution.component import Convolution, convolution_view
from app.ui.convolution_code import convolution_code
from app.ui.convolution_form import VIEW, convolution_form, edited
from app.ui.convolution_input import given_input
from app.ui.convolution_state import Layer
from app.ui.frame import close_page, guarded, live, open_page
from app.ui.theme import current_theme

chosen = open_page(
    "Convolution",
    "A window slides over the input. Under it values are multiplied with weights and added up: one output value.",
)


def body() -> None:
    layer, echo = convolution_form()
    guarded(lambda: show(layer, echo))
    close_page("convolution", convolution_code(layer, chosen), chosen)


def show(layer: Layer, echo: int | None) -> None:
    given = given_input(layer, chosen)
    convolution_view(
        VIEW,
        Convolution(given.values, given.names, layer.view_settings(), given.low, given.high, current_theme()),
        echo,
        on_settings=edited,
    )


live(body, chosen)
