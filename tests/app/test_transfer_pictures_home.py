"""Own classes of the page Transfer learning go home by a link, as they are at the moment it is followed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.downloads import DOWNLOADS
from app.ui.transfer_data import COLLECTIONS
from cnnviz.learn import zipped_files
from tests.learn.pictures import blobs, png

ME = "my secret"


def _part() -> None:
    from app.ui.transfer_data import find_data
    from app.ui.transfer_pictures_home import pictures_home_part

    data = find_data("own", "my secret")
    assert data is not None
    pictures_home_part(data)


def test_the_link_gives_what_is_there_when_it_is_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    app = AppTest.from_function(_part).run()
    assert not app.exception and not app.get("html")
    cup = COLLECTIONS.add_class(ME, "cup & mug")
    COLLECTIONS.add(ME, cup, [("one.png", png(blobs(1)))])
    (link,) = app.run().get("html")
    assert "one picture" in link.proto.body
    address = re.search(r'href="/downloads/([\w-]+)" download="my_classes.zip"', link.proto.body)
    assert address is not None
    offered = DOWNLOADS.fetch(address[1], app.session_state["_visitor"])
    assert offered is not None and DOWNLOADS.fetch(address[1], "somebody else") is None
    COLLECTIONS.add(ME, cup, [("two.png", png(blobs(2)))])
    files = list(zipped_files(b"".join(offered.pieces())))
    assert [(file.folder, file.name) for file in files] == [("cup & mug", "one.jpg"), ("cup & mug", "two.jpg")]
    COLLECTIONS.clear(ME)
    assert list(zipped_files(b"".join(offered.pieces()))) == []
