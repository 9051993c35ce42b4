"""Scenes that a view fetches by itself: the page's own, for the visitor on whose page it stands, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.ui.scenes import MOST_TICKETS, SCENES, SceneDesk
from app.web.routes import ROUTES
from app.web.visitor import COOKIE
from cnnviz.errors import LayerError
from tests.app.pages import blob_of, open_page, scene_of

FEATURE_MAPS = "pages/analysis/feature_maps.py"
OWNER = "a" * 43
OTHER = "b" * 43


@pytest.fixture
def desk() -> SceneDesk:
    desk = SceneDesk()
    desk.offer("ticket", OWNER, "chelsea", lambda name: f"maps of {name}".encode())
    return desk


def test_the_visitor_gets_the_scene_by_its_name(desk: SceneDesk) -> None:
    assert desk.fetch("ticket", OWNER, "conv1") == b"maps of conv1"


@pytest.mark.parametrize("visitor", [OTHER, None])
def test_nobody_else_does(desk: SceneDesk, visitor: str | None) -> None:
    assert desk.fetch("ticket", visitor, "conv1") is None


def test_an_unknown_ticket_opens_nothing(desk: SceneDesk) -> None:
    assert desk.fetch("another", OWNER, "conv1") is None


def test_a_scene_that_cannot_be_is_left_to_the_page(desk: SceneDesk) -> None:
    def refuse(name: str) -> bytes:
        raise LayerError(f"There is no {name}.")

    desk.offer("ticket", OWNER, "chelsea", refuse)
    assert desk.fetch("ticket", OWNER, "conv99") is None


def test_what_shows_a_deleted_picture_goes_with_it(desk: SceneDesk) -> None:
    desk.offer("mine", OWNER, "own-key", lambda name: b"")
    desk.drop(frozenset({"own-key"}))
    assert desk.fetch("mine", OWNER, "conv1") is None
    assert desk.fetch("ticket", OWNER, "conv1") is not None


def test_the_ticket_longest_unused_makes_room() -> None:
    desk = SceneDesk(most=2)
    for ticket in ("first", "second"):
        desk.offer(ticket, OWNER, "chelsea", lambda name: b"maps")
    desk.fetch("first", OWNER, "conv1")
    desk.offer("third", OWNER, "chelsea", lambda name: b"maps")
    assert [desk.fetch(ticket, OWNER, "conv1") for ticket in ("first", "second", "third")] == [b"maps", None, b"maps"]
    assert MOST_TICKETS >= 30 * 2  # a class, with two pages open each


@pytest.fixture
def client() -> Iterator[TestClient]:
    client = TestClient(Starlette(routes=ROUTES))
    client.cookies[COOKIE] = OWNER
    SCENES.offer("test-ticket", OWNER, "chelsea", lambda name: name.encode())
    yield client
    SCENES.drop(frozenset({"chelsea"}))


def test_the_route_gives_the_owner_a_scene_that_no_cache_keeps(client: TestClient) -> None:
    answer = client.get("/scenes/test-ticket/layer1.0%3A1")
    assert (answer.status_code, answer.content) == (200, b"layer1.0:1")
    assert "no-store" in answer.headers["cache-control"]


def test_the_route_refuses_another_visitor(client: TestClient) -> None:
    client.cookies[COOKIE] = OTHER
    assert client.get("/scenes/test-ticket/layer1").status_code == 204


def test_the_scene_ahead_is_to_the_byte_what_the_page_then_sends() -> None:
    page = open_page(FEATURE_MAPS, "view=layer")
    ticket = scene_of(page, "map_mosaic")["scenes"].split("/")[-2]
    ahead = SCENES.fetch(ticket, page.session_state["_visitor"], "conv_stem")
    page.query_params["layer"] = "conv_stem"
    assert ahead == blob_of(page.run(), "map_mosaic")


def test_a_layer_that_the_network_lacks_is_left_to_the_page() -> None:
    page = open_page(FEATURE_MAPS, "view=layer")
    ticket = scene_of(page, "map_mosaic")["scenes"].split("/")[-2]
    assert SCENES.fetch(ticket, page.session_state["_visitor"], "no such layer") is None
