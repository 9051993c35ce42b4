"""How does a client-side view reach the page? A small stub in the page imports the view's module from our own server.

Streamlit sends a component's inline JavaScript again with every data change. So the inline part is a stub of a few
lines; the view itself is a folder of ES modules under ``app/components``, loaded once and cached by the browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import config

_FOLDER = Path(__file__).parent

_STUB = """
const module = import(location.origin + {address!r});
module.catch(() => {{}});
const unmounts = new WeakMap();
export default function (mount) {{
  let gone = false;
  module.then((view) => {{
    if (gone) return;
    unmounts.set(mount.parentElement, view.default(mount));
  }}, () => {{
    mount.parentElement.textContent = "This view could not be loaded. Reload the page to try again.";
  }});
  return () => {{ gone = true; unmounts.get(mount.parentElement)?.(); unmounts.delete(mount.parentElement); }};
}}
"""


def view(name: str) -> Any:
    """The Streamlit component whose view stands in ``app/components/NAME`` (view.js and view.css)."""
    base = config.get_option("server.baseUrlPath").strip("/")
    address = "/" + "/".join(part for part in (base, "components", name, "view.js") if part)
    css = (_FOLDER / "shared" / "view.css").read_text() + (_FOLDER / name / "view.css").read_text()
    return st.components.v2.component(f"cnnviz_{name}", js=_STUB.format(address=address), css=css)


def told(key: str, name: str) -> Any:
    """What the view `key` tells as `name`; None where a page without this view has been drawn in the meantime.

    A gesture may still be on its way while the server goes on to another view: it is late, and no error.
    """
    return getattr(st.session_state.get(key), name, None)
