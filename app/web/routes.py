"""Which addresses does the app answer besides Streamlit's own? Views' modules, scenes, files, pictures out and in."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.ui.downloads import DOWNLOADS
from app.ui.scenes import SCENES
from app.ui.shelf import LONGEST, PICTURES
from app.web.visitor import COOKIE, visitor_id
from cnnviz.errors import CnnvizError, ImageError
from cnnviz.image import SAMPLES

COMPONENTS = Path(__file__).resolve().parent.parent / "components"
KEPT = {"cache-control": "private, max-age=7200, immutable"}
NOT_KEPT = {"cache-control": "private, no-store"}
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}


async def view_module(request: Request) -> Response:
    """A component's JavaScript or CSS; nothing else in that folder is served."""
    try:
        path = _view_file(request.path_params["path"])
        content, tag = _packed(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):  # also for names that no file can have
        return Response("There is no such view.", status_code=404)
    headers = {"cache-control": "no-cache", "etag": tag, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=MEDIA_TYPES[path.suffix], headers={**headers, "content-encoding": "gzip"})
    return Response(gzip.decompress(content), media_type=MEDIA_TYPES[path.suffix], headers=headers)


def _view_file(name: str) -> Path:
    """The file of a view's module or style. Raises FileNotFoundError for everything else."""
    path = (COMPONENTS / name).resolve()
    if path.suffix not in MEDIA_TYPES or not path.is_relative_to(COMPONENTS) or not path.is_file():
        raise FileNotFoundError(name)
    return path


@lru_cache(maxsize=256)
def _packed(path: Path, changed: int) -> tuple[bytes, str]:
    """A file as gzip, and the tag by which a browser asks whether what it has is still right."""
    content = gzip.compress(path.read_bytes(), mtime=0)
    return content, f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


async def scene_out(request: Request) -> Response:
    """The next scene of a view that asks for it itself, to the visitor on whose page it stands."""
    ticket, name = request.path_params["ticket"], request.path_params["name"]
    scene = await run_in_threadpool(SCENES.fetch, ticket, _visitor(request), name)
    if scene is None:
        return Response(status_code=204, headers=NOT_KEPT)  # no failure: the page brings it, or says why not
    return Response(scene, media_type="application/octet-stream", headers=NOT_KEPT)


async def download_out(request: Request) -> Response:
    """A file that a page offers to its visitor, piece by piece."""
    found = DOWNLOADS.fetch(request.path_params["ticket"], _visitor(request))
    if found is None:
        return Response("This file is no longer here: reload the page it was on.", status_code=404, headers=NOT_KEPT)
    try:
        pieces = found.pieces()
    except CnnvizError as error:
        return Response(str(error), status_code=404, headers=NOT_KEPT)
    headers = {**NOT_KEPT, "content-disposition": f'attachment; filename="{found.name}"'}
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)


async def picture_out(request: Request) -> Response:
    """The pixels of a picture as lossless PNG, to its owner only; a sample to everybody.

    Of an own picture no copy stays in the browser, so that deleting it deletes it.
    """
    visitor = _visitor(request)
    key, side = request.path_params["key"], request.path_params["side"]
    png = await run_in_threadpool(PICTURES.png, visitor, key, _pixels(side)) if side.isdecimal() else None
    if png is None:
        return Response("This picture is no longer here, or is not yours.", status_code=404, headers=NOT_KEPT)
    return Response(png, media_type="image/png", headers=KEPT if key in SAMPLES else NOT_KEPT)


def _visitor(request: Request) -> str | None:
    return visitor_id(f"{COOKIE}={request.cookies.get(COOKIE, '')}")


def _pixels(side: str) -> int:
    """A number of any length from an address; beyond LONGEST more makes no difference."""
    return int(side) if len(side) <= len(str(LONGEST)) else LONGEST


async def picture_in(request: Request) -> Response:
    """Take a dropped or pasted picture onto the visitor's shelf; the answer names it or says what is wrong."""
    from cnnviz.image import MAX_BYTES

    visitor = _visitor(request)
    # A page of another site cannot set this header without asking first, and we never grant it.
    if visitor is None or request.headers.get("x-cnnviz") != "picture":
        return JSONResponse({"error": "Reload the page, then try again: this browser sent no visitor cookie."}, 403)
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_BYTES:
                return JSONResponse({"error": _too_large(MAX_BYTES)}, 413)
        name = request.query_params.get("name", "picture")
        key = await run_in_threadpool(PICTURES.add, visitor, bytes(content), name)
    except ImageError as error:
        return JSONResponse({"error": str(error)}, 422)
    except ClientDisconnect:
        return Response(status_code=499)
    return JSONResponse({"key": key})


def _too_large(limit: int) -> str:
    return f"This file is larger than {limit // 10**6} MB: save it smaller, for example as a JPEG, and try again."


ROUTES = [
    Route("/components/{path:path}", view_module),
    Route("/scenes/{ticket}/{name:path}", scene_out),
    Route("/downloads/{ticket}", download_out),
    Route("/pictures/{side}/{key}.png", picture_out),
    Route("/pictures", picture_in, methods=["POST"]),
]
