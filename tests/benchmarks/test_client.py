"""The websocket client sees and does what a browser would, on a small app of every kind of widget."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.client import Learner, LearnerError, open_page
from scripts.serve import running


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(Path(__file__).parent / "small_app.py") as served:
        yield served.address


def on_page(address: str, story: Callable[[Learner], Awaitable[None]], query: str = "") -> None:
    """Tell a story on a newly opened page; it may take a minute at most."""

    async def tell() -> None:
        async with asyncio.timeout(60), open_page(address, query=query) as learner:
            await story(learner)

    asyncio.run(tell())


def texts(learner: Learner) -> str:
    elements = [placed.element for placed in learner.placed.values()]
    return " | ".join(element.text.body for element in elements if element.WhichOneof("type") == "text")


def test_every_kind_of_widget_takes_its_value(address: str) -> None:
    async def story(learner: Learner) -> None:
        assert "size 3 mode plain channel Red bias 0.0" in texts(learner)
        await learner.set("Size", 7)
        await learner.set("Mode", "loud")
        await learner.set("Channel", "Green")
        run = await learner.set("Bias", 0.5)
        assert "size 7 mode loud channel Green bias 0.5" in texts(learner)
        assert run.seconds > 0

    on_page(address, story)


def test_a_view_is_read_and_reports(address: str) -> None:
    async def story(learner: Learner) -> None:
        assert learner.view("small") == bytes([3]) * 20_000
        await learner.set("size", 8)
        assert learner.view("small") == bytes([8]) * 20_000
        await learner.trigger("small", "told", {"row": 1})
        assert "reports 1" in texts(learner)

    on_page(address, story)


def test_a_large_element_is_not_sent_twice_and_yet_is_there(address: str) -> None:
    async def story(learner: Learner) -> None:
        assert learner._kept
        for size in (4, 5, 6, 7):
            await learner.set("Size", size)
            assert "x" * 30_000 in texts(learner)
            assert learner.view("small") == bytes([size]) * 20_000

    on_page(address, story)


def test_a_fragment_runs_alone_and_leaves_the_page(address: str) -> None:
    async def story(learner: Learner) -> None:
        run = await learner.set("Island", True)
        assert "island True" in texts(learner)
        assert "size 3" in texts(learner)
        assert len(run.changed) < len(learner.placed)

    on_page(address, story)


def test_a_run_that_starts_itself_again_is_heard_to_its_end(address: str) -> None:
    async def story(learner: Learner) -> None:
        await learner.set("Twice", True)
        assert "query nobody" in texts(learner)

    on_page(address, story)


def test_the_query_reaches_the_page(address: str) -> None:
    async def story(learner: Learner) -> None:
        assert "query ada" in texts(learner)

    on_page(address, story, query="who=ada")


def test_an_exception_on_the_page_is_reported(address: str) -> None:
    async def story(learner: Learner) -> None:
        assert learner.exceptions() == []
        await learner.set("Break", True)
        assert len(learner.exceptions()) == 1

    on_page(address, story)


def test_an_unknown_widget_is_named_with_those_there_are(address: str) -> None:
    async def story(learner: Learner) -> None:
        with pytest.raises(LearnerError, match=r"0 widgets are called 'Colour'.*'Size'"):
            await learner.set("Colour", 1)

    on_page(address, story)


def test_an_option_that_is_not_offered_is_refused(address: str) -> None:
    async def story(learner: Learner) -> None:
        with pytest.raises(LearnerError, match=r"does not offer 'shy', but .*loud"):
            await learner.set("Mode", "shy")

    on_page(address, story)
