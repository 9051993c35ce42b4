"""A page with one of each thing that the websocket client has to deal with; started by the tests beside it."""

import streamlit as st

view = st.components.v2.component("small_view", js="export default function () {}")


def count() -> None:
    st.session_state["counted"] = st.session_state.get("counted", 0) + 1


@st.fragment
def island() -> None:
    st.text(f"island {st.checkbox('Island')}")


size = st.slider("Size", 1, 9, 3, key="size")
mode = st.selectbox("Mode", ["plain", "loud"])
channel = st.segmented_control("Channel", ["Red", "Green"], default="Red")
bias = st.number_input("Bias", -2.0, 2.0, 0.0, step=0.1)
st.text(f"size {size} mode {mode} channel {channel} bias {bias:.1f} reports {st.session_state.get('counted', 0)}")
st.text("x" * 30_000)  # large enough that a browser keeps it
view(key="small", data=bytes([size]) * 20_000, on_told_change=count)
island()
if st.button("Break"):
    raise ValueError("broken on purpose")
if st.button("Twice") and "twice" not in st.session_state:
    st.session_state["twice"] = True
    st.rerun()
st.text(f"query {st.query_params.get('who', 'nobody')}")
