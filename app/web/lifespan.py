"""What does the server do besides answering? It makes the first page ready, and lets go of pictures that expired."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.ui.shelf import PICTURES

# Light modules only: torch and its kin follow once the first page is drawn (cnnviz.compute.warm_up). No module that
# registers a component is here: that has to wait for Streamlit's runtime.
FIRST_PAGE = ("app.ui.journey", "app.ui.lesson", "app.ui.code", "cnnviz.layer.kernels", "cnnviz.image.rendering")

LOOK_FOR_EXPIRED = 180.0  # seconds


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Streamlit's server calls this around its life; the loading runs beside it, so that it opens no later."""
    threading.Thread(target=prepare_first_page, name="first-page", daemon=True).start()
    expiring = asyncio.create_task(expire_pictures(), name="expire-pictures")
    try:
        yield
    finally:
        expiring.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await expiring


async def expire_pictures() -> None:
    """For ever: let go of the pictures of those who stay away, also when nobody else comes."""
    while True:
        await asyncio.sleep(LOOK_FOR_EXPIRED)
        await asyncio.to_thread(PICTURES.expire)


def prepare_first_page() -> None:
    """Import what the first page needs, and with its sample picture Pillow's decoders."""
    for name in FIRST_PAGE:
        importlib.import_module(name)
    from app.ui.journey import RECORDED_PICTURE, recorded, seen
    from cnnviz.image import encode_jpeg, load_sample

    recorded()
    encode_jpeg(seen(load_sample(RECORDED_PICTURE)))
