"""The picker stays open while the page below it renews itself, and closes when a picture is chosen or the page left."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.ui import picture_picker
from tests.app.pages import open_page


@pytest.fixture
def picking() -> AppTest:
    """A page whose learner has opened the picker."""
    app = open_page("pages/layer/convolution.py")
    return app.button(key="choose_picture").click().run()


def is_open(app: AppTest) -> bool:
    return any(one.key == "picture_source" for one in app.button_group)


def test_the_page_below_may_run_again(picking: AppTest) -> None:
    assert is_open(picking)
    assert is_open(picking.run())


def test_choosing_closes_it(picking: AppTest) -> None:
    picking.button(key="use_coffee").click().run()
    assert not is_open(picking)
    assert picking.session_state["picture"] == "coffee"
    assert not is_open(picking.run())


def test_another_page_closes_it(picking: AppTest) -> None:
    picking.switch_page("pages/layer/pooling.py").run()
    assert not is_open(picking)


def test_a_press_counts_when_its_run_is_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("pages/layer/convolution.py")
    overtaken = iter([st.rerun])

    def name(title: str) -> str:  # the button's, for which the run must come as far as the button
        next(overtaken, bool)()
        return title

    monkeypatch.setattr(picture_picker, "plain", name)
    app.button(key="choose_picture").click().run()
    assert is_open(app)
