"""What is a film called, and what is maximised in it, in words?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.ui.channel_state import Asked


@dataclass(frozen=True)
class Words:
    """`title` is the film's, `goal` is what is maximised ("the mean of channel 7"), `quantity` names the curve."""

    title: str
    goal: str
    quantity: str
    trained: bool


def words_of(asked: Asked, labels: Sequence[str] = ()) -> Words:
    """The words for a film; `labels` are the network's classes, needed where one of them is looked for."""
    trained = asked.network[1] == "auto"
    channel, layer = f"channel {asked.channel}", asked.layer
    if asked.goal == "class":
        label = labels[asked.label]
        return Words(f"Class {asked.label}: {label}", f"the logit of “{label}”", "Logit", trained)
    if asked.goal == "unit":
        return Words(
            f"Middle unit, {channel} of {layer}", f"the middle unit of {channel}", "Value of the unit", trained
        )
    if asked.goal == "pair":
        both = f"channels {asked.channel} and {asked.other}"
        return Words(
            f"{both[0].upper()}{both[1:]} of {layer}", f"the mean along {both} together", "Mean along both", trained
        )
    return Words(f"{channel[0].upper()}{channel[1:]} of {layer}", f"the mean of {channel}", "Mean of its map", trained)
