"""How does a stack of layers stand in a link? As a short text: layers parted by spaces, settings by underscores.

``c_n6_k5 f_ftanh m`` is a convolution to 6 channels with a kernel of 5 × 5, a tanh, and max pooling as it comes. Only
settings that differ from the kind's defaults are written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cnnviz.errors import SettingsError
from cnnviz.network.specs import KINDS, MOST_LAYERS, LayerSetting, LayerSpec, settings_of

LONGEST = 8000
"""Characters of a text that is read at all."""
_COUNT = re.compile(r"\d{1,6}")
_PAIR = re.compile(r"(\d{1,6})(?:x(\d{1,6}))?")
_REAL = re.compile(r"-?\d{1,20}(\.\d{1,20})?(e[-+]?\d{1,3})?")


def spell_specs(specs: Sequence[LayerSpec]) -> str:
    """The stack as a link has it; :func:`parse_specs` reads it."""
    return " ".join(map(_spell, specs))


def parse_specs(text: str) -> tuple[LayerSpec, ...]:
    """The stack that a text in the short form means; SettingsError for one that means none."""
    if len(text) > LONGEST:
        raise SettingsError(f"A stack in its short form has at most {LONGEST} characters, not {len(text)}.")
    words = text.split()
    if len(words) > MOST_LAYERS:
        raise SettingsError(f"A stack has at most {MOST_LAYERS} layers, not {len(words)}.")
    return tuple(map(_parse, words))


def _spell(spec: LayerSpec) -> str:
    words = [spec.code]
    for setting in settings_of(type(spec)):
        value = getattr(spec, setting.name)
        if value != setting.default:
            words.append(setting.letter + _spell_value(setting, value))
    return "_".join(words)


def _spell_value(setting: LayerSetting, value: Any) -> str:
    if setting.kind in ("pair", "padding") and value != "same":
        return f"{value[0]}" if value[0] == value[1] else f"{value[0]}x{value[1]}"
    if setting.kind == "flag":
        return "1" if value else "0"
    return repr(value) if setting.kind == "real" else str(value)


def _parse(word: str) -> LayerSpec:
    code, *parts = word.split("_")
    if code not in KINDS:
        raise SettingsError(f"There is no layer {code[:20]!r}; the codes of layers are {', '.join(KINDS)}.")
    kind = KINDS[code]
    by_letter = {setting.letter: setting for setting in settings_of(kind)}
    values = {}
    for part in parts:
        setting = by_letter.get(part[:1])
        if setting is None:
            raise SettingsError(f"{kind.title} has no setting {part[:1]!r}; it has {', '.join(by_letter) or 'none'}.")
        values[setting.name] = _parse_value(kind, setting, part[1:])
    return kind(**values)


def _parse_value(kind: type[LayerSpec], setting: LayerSetting, text: str) -> Any:
    if setting.kind == "choice" or (setting.kind == "padding" and text == "same"):
        return text
    if setting.kind == "flag" and text in ("0", "1"):
        return text == "1"
    if setting.kind == "count" and _COUNT.fullmatch(text):
        return int(text)
    if setting.kind == "real" and _REAL.fullmatch(text):
        return float(text)
    if setting.kind in ("pair", "padding") and (found := _PAIR.fullmatch(text)):
        return int(found[1]), int(found[2] or found[1])
    raise SettingsError(
        f"{kind.title}: {setting.title} cannot be read from {text[:20]!r}; write it as {_like(setting)}."
    )


def _like(setting: LayerSetting) -> str:
    return {"flag": "0 or 1", "real": "0.5", "count": "3"}.get(setting.kind, "3, or 3x5")
