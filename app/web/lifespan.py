"""What can be made ready while the first browser is still fetching the frontend? What the first page needs, no more."""

from __future__ import annotations

import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

# Light modules only: torch and its kin follow once the first page is drawn (cnnviz.compute.warm_up). No module that
# registers a component is here: that has to wait for Streamlit's runtime.
FIRST_PAGE = ("app.ui.journey", "app.ui.lesson", "app.ui.code", "cnnviz.layer.kernels", "cnnviz.image.rendering")


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Streamlit's server calls this around its life; the loading runs beside it, so that it opens no later."""
    threading.Thread(target=prepare_first_page, name="first-page", daemon=True).start()
    yield


def prepare_first_page() -> None:
    """Import what the first page needs, and with its sample picture Pillow's decoders."""
    for name in FIRST_PAGE:
        importlib.import_module(name)
    from app.ui.journey import RECORDED_PICTURE, recorded, seen
    from cnnviz.image import encode_jpeg, load_sample

    recorded()
    encode_jpeg(seen(load_sample(RECORDED_PICTURE)))
