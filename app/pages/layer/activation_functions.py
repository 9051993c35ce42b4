"""Activation functions: what they do to numbers, to a feature map, and to a gradient on its way through 20 layers."""

import streamlit as st

from app.ui.activation_code import Shown, activation_code
from app.ui.activation_form import (
    NETWORK,
    Form,
    StackForm,
    activation_form,
    choose_channel,
    choose_layer,
    stack_form,
)
from app.ui.charts import show_chart
from app.ui.frame import bench, close_page, guarded, live, open_page
from app.ui.network_picker import NetworkChoice, obtain
from app.ui.theme import chart_colours
from cnnviz.network import network_info

chosen = open_page(
    "Activation functions",
    "After a convolution, each value by itself goes through one curve. The curve's slope decides what can be learned.",
)


def show_map(form: Form, beside: st.delta_generator.DeltaGenerator) -> Shown | None:
    network = obtain(NetworkChoice(network_info(NETWORK), "auto"))
    if network is None:
        return None
    # torch is in from here on; before, these imports would hold up the page.
    from app.components.activation_view.component import activation_view
    from app.ui.activation_curves import scene
    from app.ui.activation_maps import apply, liveliest, pre_activation_layers, pre_activations, shares
    from app.ui.activation_tables import shares_table

    layers = pre_activation_layers(network)
    with beside:
        layer = choose_layer(layers)
        maps = pre_activations(network, chosen, layer)
        channel = choose_channel(len(maps), liveliest(maps))
    st.markdown(f"**{form.activation.title}:** f(x) = {form.activation.formula}. {form.activation.what}")
    activation_view("activation_view", scene(form, apply(form, maps[channel]), f"{chosen.key} {layer.id} {channel}"))
    shares_table(shares(form, maps[channel]))
    return Shown(layer.layer.path, layer.layer.call, channel)


def show_stack(form: Form, stack: StackForm) -> None:
    from app.ui.activation_flow import flow_rows, flow_sentence, flows
    from app.ui.activation_tables import flow_table
    from cnnviz.plot import gradient_figure

    st.markdown(flow_sentence(form, stack))
    show_chart(gradient_figure(flows(form, stack), chart_colours()), "gradients")
    flow_table(flow_rows(form, stack))


def body() -> None:
    settings, picture = bench()
    with settings:
        form = activation_form()
        map_place = st.container()
    with picture:
        shown = guarded(lambda: show_map(form, map_place))
        st.subheader("A gradient on its way through 20 layers", anchor=False)
        stack = stack_form()
        if shown is not None:
            guarded(lambda: show_stack(form, stack))
    close_page("activation_functions", activation_code(form, chosen, stack, shown), chosen)


live(body, chosen)
