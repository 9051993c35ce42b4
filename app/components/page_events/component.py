"""The page as a whole: says when it is drawn or turns dark, and takes pictures dropped on it or pasted into it."""

from collections.abc import Callable

from streamlit import config

from app.components import view
from app.components.blob import pack

_render = view("page_events")


def page_events(
    key: str,
    warm: bool,
    to_top: int,
    to_place: str,
    max_bytes: int,
    on_drawn: Callable[[], None],
    on_arrived: Callable[[], None],
    on_refused: Callable[[], None],
    on_turned: Callable[[], None],
) -> None:
    """Mount the listener. `warm` says that nobody waits for the report of the first drawing any more.

    `on_turned` is called between light and dark, before the run that draws with the colours of the other one.
    Whenever `to_top` has grown, the page is scrolled to the widget or container with the key `to_place`, or to its top.
    """
    base = config.get_option("server.baseUrlPath").strip("/")
    header = {
        "warm": warm, "to_top": to_top, "to_place": to_place, "max_bytes": max_bytes,
        "base": f"/{base}" if base else "",
    }  # fmt: skip
    _render(
        key=key,
        data=pack(header),
        height="content",
        on_drawn_change=on_drawn,
        on_arrived_change=on_arrived,
        on_refused_change=on_refused,
        on_turned_change=on_turned,
    )
