"""How does text that others wrote stand on a page as it is? Shortened, on one line, and none of it read as Markdown.

File names, values from links and what errors quote of them are such text. Streamlit reads labels and messages as
Markdown with extras: colours, icons, emoji, formulas and bare addresses.
"""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"([\\`*_{}\[\]<>#~$|!&])")
_LIST = re.compile(r"^(\d*)([-+=.)])")  # only at the beginning of a line; after a number of an ordered list
# A backslash does not help against these: Streamlit replaces them after the Markdown is read. An unseen joiner does.
_REPLACED = re.compile(r":(?=\S)|@|\bwww(?=\.)", re.IGNORECASE)
_JOINER = "\N{WORD JOINER}"


def plain(text: str, longest: int = 60) -> str:
    """`text` as Markdown that shows exactly it, at most `longest` characters of it, on one line."""
    seen = "".join(one for one in " ".join(text.split()) if not unicodedata.category(one).startswith("C"))
    if len(seen) > longest:
        seen = seen[: longest - 1].rstrip() + "…"
    escaped = _LIST.sub(r"\1\\\2", _MARKS.sub(r"\\\1", seen))
    return _REPLACED.sub(lambda found: found[0] + _JOINER, escaped)
