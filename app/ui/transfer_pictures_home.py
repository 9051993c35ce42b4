"""How does one take one's own pictures home? As a zip with a folder for each class, which can be added again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from app.ui.downloads import download_link
from app.ui.transfer_data import COLLECTIONS, TransferData
from cnnviz.learn import zip_of_pictures
from cnnviz.learn.own_zip import ZIP_NAME


def pictures_home_part(data: TransferData) -> None:
    """The link, where there is a picture to take home."""
    count = len(data.dataset.examples)
    if data.owner is None or count == 0:
        return
    words = "one picture" if count == 1 else f"{count:,} pictures"
    download_link(f"Save all as a zip, {words}", ZIP_NAME, partial(_pieces, data.owner), "tl_home")


def _pieces(owner: str) -> Iterator[bytes]:
    """The zip of what is there at the moment it is asked for."""
    return zip_of_pictures(COLLECTIONS.dataset(owner))
