"""The README says what is true: its code runs, its pictures and links exist."""

import re
from pathlib import Path

from tests.app.programs import run_program

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_code_runs_as_it_stands_and_finds_the_cat(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    printed = run_program(code, tmp_path)
    assert "Egyptian cat" in printed
    assert "torch.Size([32, 112, 112])" in printed


def test_every_file_it_names_exists() -> None:
    named = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_page_of_the_app_is_in_it() -> None:
    from app.ui.pages import PAGES

    assert [page.title for page in PAGES if f"**{page.title}.**" not in README and page.title != "Home"] == []
