"""Text that others wrote, on a page: shown as it is, short, on one line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.plain import plain

JOINER = "\N{WORD JOINER}"


def shown(markdown: str) -> str:
    """What CommonMark shows of text whose every mark is escaped (2.4: a backslash before ASCII punctuation)."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace(JOINER, "")


@pytest.mark.parametrize("name", ["holiday.jpg", "IMG 2031 (1).heic", "Ferien – Zürich.png", "3 cats, 2 dogs"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert plain(name) == name


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("**bold**", r"\*\*bold\*\*"),
        ("[here](x)", r"\[here\](x)"),
        ("![](x)", r"\!\[\](x)"),
        ("<b>", r"\<b\>"),
        ("$x$", r"\$x\$"),
        ("&lt;", r"\&lt;"),
        ("# head", r"\# head"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("a\nb\t c", "a b c"),
        (":smile:", f":{JOINER}smile:"),
        (":material/home:", f":{JOINER}material/home:"),
        ("https://a.b", f"https:{JOINER}//a.b"),
        ("www.a.b", f"www{JOINER}.a.b"),
        ("a@b.c", f"a@{JOINER}b.c"),
        ("a\u202egpj.exe\0", "agpj.exe"),
    ],
)
def test_nothing_is_read_as_markdown(text: str, markdown: str) -> None:
    assert plain(text) == markdown


def test_long_text_is_cut_with_a_sign_that_it_was() -> None:
    assert plain("x" * 60) == "x" * 60
    assert plain("x" * 61) == "x" * 59 + "…"
    assert plain("*" * 100, 5) == r"\*" * 4 + "…"


@given(st.text(st.characters(exclude_categories=["C"]), max_size=60))
def test_every_text_is_shown_as_it_is(text: str) -> None:
    assert shown(plain(text)) == " ".join(text.split())


@given(st.text(max_size=200), st.integers(1, 80))
def test_no_mark_is_left_unescaped(text: str, longest: int) -> None:
    markdown = plain(text, longest)
    assert not re.search(r"[`*_{}\[\]<>#~$|!]", re.sub(r"\\.", "", markdown))
    assert len(shown(markdown)) <= longest
    assert "\n" not in markdown
