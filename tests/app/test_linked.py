"""A widget's value set by the page reaches the browser, also where the run that set it was cut short."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import linked


def page() -> None:
    import streamlit as st

    from app.ui.linked import follows, hold, linked, note_page, widget_key

    note_page("here")
    hold(widget_key("size"), linked("size", "small"))
    st.selectbox("Size", ["small", "middle", "large"], **follows("size"))
    st.button("Run")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that `linked` reads; a test moves it on."""
    now = [100.0]
    monkeypatch.setattr(linked, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def opened(query: str) -> AppTest:
    app = AppTest.from_function(page)
    app.query_params["size"] = query
    return app.run()


def said(app: AppTest) -> str | None:
    """The value that this run told the browser, whatever the widget showed before."""
    box = app.selectbox[0]
    return box.value if box.proto.set_value else None


def test_the_value_is_said_again_until_the_browser_brings_it_along() -> None:
    app = opened("large")
    assert said(app) == "large"
    for _ in range(3):  # requests of a browser that has not drawn the widget yet
        app._run(None)
        assert said(app) == "large"
    assert said(app.run()) is None
    assert app.selectbox[0].value == "large"


def test_what_the_learner_sets_is_not_said_back() -> None:
    app = opened("large")
    app.selectbox[0].set_value("middle").run()
    assert said(app) is None
    assert app.session_state["size"] == "middle"
    app.selectbox[0].set_value("large").run()
    assert said(app) is None


@pytest.mark.parametrize(("brought", "kept"), [("cat, 40 %", "1"), (None, "1"), ("2", "2"), ("", "")])
def test_an_entry_of_a_list_that_has_gone_says_nothing(brought: str | None, kept: str) -> None:
    def after_a_gesture() -> None:
        import streamlit as st

        from app.ui.linked import follows, linked, note_page, widget_key

        note_page("here")
        st.session_state[widget_key("which")] = st.session_state.brought
        told = follows("which", ["", "1", "2"])
        told["on_change"](*told["args"])
        linked("which", "")

    app = AppTest.from_function(after_a_gesture)
    app.session_state["brought"] = brought
    app.session_state["which"] = "1"
    app.run()
    assert not app.exception
    assert app.session_state["which"] == kept


def test_buttons_show_what_the_link_says_in_words_and_write_what_is_pressed() -> None:
    def few() -> None:
        from app.ui.linked import linked, note_page, segments

        note_page("here")
        segments("size", "Size", {"small": "Little", "large": "Much"}, linked("size", "small"))
        segments("side", "Side", ("4", "8"), linked("side", "4"))

    app = AppTest.from_function(few)
    app.query_params["size"] = "large"
    app.run()
    size, side = app.get("button_group")
    assert (size.options, size.value) == (["Little", "Much"], "large")
    assert (side.options, side.value) == (["4", "8"], "4")
    side.set_value("8").run()
    assert (app.session_state["size"], app.session_state["side"]) == ("large", "8")


def test_a_run_that_still_brings_the_old_address_changes_nothing_back(clock: list[float]) -> None:
    app = opened("large")
    app.selectbox[0].set_value("middle").run()
    app.query_params["size"] = "large"  # as the browser had it before it heard of "middle"
    assert app.run().session_state["size"] == "middle"
    assert app.query_params["size"] == "middle"
    clock[0] += linked.ECHO
    app.query_params["size"] = "large"
    assert app.run().session_state["size"] == "large"


def test_the_back_button_counts_at_once(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("large")
    app.selectbox[0].set_value("middle").run()
    monkeypatch.setattr(linked, "get_script_run_ctx", lambda: SimpleNamespace(is_history_navigation=True))
    app.query_params["size"] = "large"
    assert app.run().session_state["size"] == "large"
