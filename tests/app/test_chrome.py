"""What stands around the pages goes on, whatever the machine lacks."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz import compute


def _page() -> None:
    import streamlit as st

    from app.ui.chrome import show_chrome

    show_chrome("A page")
    st.text("the page itself")


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_a_device_that_is_not_there_is_said_in_the_sidebar_and_the_page_goes_on(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_DEVICE", device)
    monkeypatch.setattr(compute, "ready", lambda: True)
    app = AppTest.from_function(_page, default_timeout=120).run()
    assert not app.exception
    assert app.text[0].value == "the page itself"
    if device == "gpu":
        assert "'gpu', which names no device" in app.sidebar.warning[0].value
    else:
        assert app.sidebar.caption[0].value.startswith("Computing on CPU")
