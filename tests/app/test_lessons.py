"""The lessons: every page has one, its questions are complete, and what they set up exists."""

from pathlib import Path

import pytest

from app.ui.code import notebook
from app.ui.kernel_stages import parse_stages
from app.ui.lesson import lesson_text, questions
from app.ui.pages import PAGES, PageEntry
from cnnviz.image import SAMPLES
from tests.app.pages import open_page

LESSONS = sorted(path.stem for path in (Path(__file__).parents[2] / "app" / "lessons").glob("*.toml"))


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_has_words_and_two_to_five_questions(name: str) -> None:
    assert 150 <= len(lesson_text(name).split()) <= 500
    assert 2 <= len(questions(name)) <= 5


@pytest.mark.parametrize("name", LESSONS)
def test_every_question_can_be_answered_and_shown(name: str) -> None:
    for question in questions(name):
        assert len(question.options) >= 2
        assert 0 <= question.answer < len(question.options)
        assert question.prompt.strip().endswith("?")
        assert question.why and question.look and question.setup
        assert question.setup.get("picture", "chelsea") in SAMPLES
        if "stages" in question.setup:
            parse_stages(question.setup["stages"])


@pytest.mark.parametrize("page", [page for page in PAGES if page.address in LESSONS], ids=lambda page: page.address)
def test_every_setting_of_every_question_is_one_that_its_page_reads(page: PageEntry) -> None:
    app = open_page(page.file)
    for question in questions(page.address):
        settings = {key: value for key, value in question.setup.items() if key != "picture"}
        for key, value in settings.items():
            app.session_state[key] = value
        app.run()
        assert not app.exception
        widgets = {getattr(element, "key", None) for element in app.main}
        for key, value in settings.items():
            assert f"_{key}_in_link" in app.session_state or key in widgets, key
            assert app.session_state[key] == value, key


def test_the_notebook_is_what_jupyter_reads() -> None:
    import json

    document = json.loads(notebook("a = 1\nprint(a)\n"))
    assert document["nbformat"] == 4
    (cell,) = document["cells"]
    assert "".join(cell["source"]) == "a = 1\nprint(a)\n"
