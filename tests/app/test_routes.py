"""The addresses besides Streamlit's own: views, pictures out, pictures in, and who may have what."""

import re
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.ui.downloads import DOWNLOADS, Download, PackedFile
from app.ui.shelf import LONGEST, PICTURES
from app.web.routes import ROUTES
from app.web.visitor import COOKIE, VisitorMiddleware, visitor_id
from cnnviz.errors import SettingsError
from cnnviz.image import MAX_BYTES, fit, load_sample

ASK = {"x-cnnviz": "picture"}


async def front_page(request: object) -> HTMLResponse:
    return HTMLResponse("<p>a page</p>")


@pytest.fixture
def site() -> Starlette:
    return Starlette(routes=[*ROUTES, Route("/", front_page)], middleware=[Middleware(VisitorMiddleware)])


@pytest.fixture
def client(site: Starlette) -> Iterator[TestClient]:
    """A browser that has opened the first page, and so has the visitor's cookie."""
    client = TestClient(site)
    client.get("/")
    yield client
    PICTURES.clear(client.cookies[COOKIE])


def png(size: tuple[int, int] = (30, 20)) -> bytes:
    buffer = BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_page_gives_an_unguessable_http_only_cookie_and_keeps_it(site: Starlette) -> None:
    client = TestClient(site)
    first = client.get("/").headers["set-cookie"]
    assert re.match(rf"{COOKIE}=[A-Za-z0-9_-]{{43}}; ", first)
    assert {"HttpOnly", "SameSite=Lax", f"Max-Age={7 * 86400}"} <= set(first.split("; "))
    assert "Secure" not in first
    again = client.get("/").headers["set-cookie"]
    assert again.split(";")[0] == first.split(";")[0]


def test_a_views_module_comes_packed_and_only_when_it_has_changed(client: TestClient) -> None:
    plain = client.get("/components/convolution/view.js", headers={"accept-encoding": "identity"})
    packed = client.get("/components/convolution/view.js")
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.text == plain.text
    again = client.get("/components/convolution/view.js", headers={"if-none-match": packed.headers["etag"]})
    assert again.status_code == 304 and not again.content


def test_a_file_comes_piece_by_piece_to_its_visitor_only(client: TestClient, site: Starlette) -> None:
    def gone() -> Iterator[bytes]:
        raise SettingsError("This parcel is no longer here.")

    mine = client.cookies[COOKIE]
    DOWNLOADS.offer("there", Download(mine, "my_classes.zip", lambda: iter([b"one", b"two"])))
    DOWNLOADS.offer("gone", Download(mine, "a.zip", gone))
    for _ in range(2):
        got = client.get("/downloads/there")
        assert got.content == b"onetwo" and "no-store" in got.headers["cache-control"]
    assert got.headers["content-disposition"] == 'attachment; filename="my_classes.zip"'
    assert client.get("/downloads/gone").status_code == client.get("/downloads/else").status_code == 404
    other = TestClient(site)
    other.get("/")
    assert other.get("/downloads/there").status_code == TestClient(site).get("/downloads/there").status_code == 404


def test_a_packed_file_is_read_from_its_beginning_by_all_who_ask() -> None:
    packed = PackedFile()
    packed.file.write(bytes(range(256)) * 6000)
    first, second = packed.pieces(), packed.pieces()
    assert next(first) == next(second)
    assert packed.size == 256 * 6000 == 2**20 + sum(map(len, first))


def test_over_https_the_cookie_is_secure(site: Starlette) -> None:
    assert "Secure" in TestClient(site, base_url="https://testserver").get("/").headers["set-cookie"]


@pytest.mark.parametrize(
    "header", ["", f"{COOKIE}=short", f"{COOKIE}=" + "x" * 44, f"{COOKIE}=" + "ä" * 43, "; ;=;", 'a="']
)
def test_an_id_that_we_cannot_have_given_is_none(header: str) -> None:
    assert visitor_id(header) is None


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/pictures/64/chelsea.png", "/components/shared/blob.js", "/pictures/64/nothing.png"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_scripts_talk_and_forms_go_to_this_server_only_and_nothing_is_compiled_from_text(client: TestClient) -> None:
    policy = dict(part.split(" ", 1) for part in client.get("/").headers["content-security-policy"].split("; "))
    assert policy["connect-src"] == policy["form-action"] == "'self'"
    assert "'unsafe-eval'" not in policy["script-src"].split()


def test_a_browser_keeps_samples_and_never_own_pictures(client: TestClient) -> None:
    key = client.post("/pictures", content=png(), headers=ASK).json()["key"]
    assert "no-store" in client.get(f"/pictures/64/{key}.png").headers["cache-control"]
    assert "max-age" in client.get("/pictures/64/coffee.png").headers["cache-control"]
    PICTURES.clear(client.cookies[COOKIE])
    gone = client.get(f"/pictures/64/{key}.png")
    assert gone.status_code == 404
    assert "no-store" in gone.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/components/%00.js",
        f"/components/{'x' * 300}.js",
        f"/components/{'x/' * 3000}view.js",
        f"/pictures/64/{'x' * 300}.png",
        "/pictures/64/%00.png",
        "/pictures/-1/chelsea.png",
        "/pictures/1e3/chelsea.png",
        "/pictures/²/chelsea.png",
    ],
)
def test_an_address_that_nothing_can_have_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("side", ["9" * 4400, "99999", "1024"])
def test_a_side_beyond_the_longest_gives_the_picture_as_it_is(client: TestClient, side: str) -> None:
    served = Image.open(BytesIO(client.get(f"/pictures/{side}/chelsea.png").content))
    assert served.size == fit(load_sample("chelsea"), LONGEST).size


def test_a_side_of_nothing_gives_one_pixel(client: TestClient) -> None:
    assert Image.open(BytesIO(client.get("/pictures/0/chelsea.png").content)).width == 1


def test_a_sample_comes_out_pixel_by_pixel(client: TestClient) -> None:
    served = Image.open(BytesIO(client.get("/pictures/512/coffee.png").content))
    np.testing.assert_array_equal(np.asarray(served), np.asarray(fit(load_sample("coffee"), 512)))


def test_a_picture_goes_in_and_comes_out_to_its_owner_only(site: Starlette, client: TestClient) -> None:
    content = png()
    answer = client.post("/pictures?name=mine.png", content=content, headers=ASK)
    key = answer.json()["key"]
    served = Image.open(BytesIO(client.get(f"/pictures/512/{key}.png").content))
    np.testing.assert_array_equal(np.asarray(served), np.asarray(Image.open(BytesIO(content))))
    stranger = TestClient(site)
    stranger.get("/")
    assert stranger.get(f"/pictures/512/{key}.png").status_code == 404
    assert TestClient(site).get(f"/pictures/512/{key}.png").status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"words, not pixels", png()[:-40], b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused_in_one_sentence(client: TestClient, content: bytes) -> None:
    answer = client.post("/pictures", content=content, headers=ASK)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_a_file_over_the_limit_is_cut_off_while_it_comes_in(client: TestClient) -> None:
    answer = client.post("/pictures", content=bytes(MAX_BYTES + 1), headers=ASK)
    assert answer.status_code == 413
    assert "25 MB" in answer.json()["error"]


def test_another_site_cannot_put_pictures_on_a_shelf(site: Starlette, client: TestClient) -> None:
    assert client.post("/pictures", content=png()).status_code == 403
    assert TestClient(site).post("/pictures", content=png(), headers=ASK).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["__init__.py", "../main.py", "%2e%2e/main.py", "shared/none.js", "kernel_view/component.py", "kernel_view", ""],
)
def test_only_javascript_and_styles_are_served_as_views(client: TestClient, path: str) -> None:
    assert client.get(f"/components/{path}").status_code == 404


def test_views_are_served_as_modules(client: TestClient) -> None:
    answer = client.get("/components/kernel_view/view.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "export default " in answer.text
