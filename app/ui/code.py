"""How does a learner take home what is on the screen? As code to copy, or as a notebook; it runs as it stands."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from app.ui.network_picker import NetworkChoice
from app.ui.picture import ChosenPicture
from app.ui.shelf import LONGEST


def show_code(name: str, code: str) -> None:
    """The program for what the page shows, with a copy button and a notebook to download."""
    st.code(code, language="python")
    st.download_button(
        "Download as a notebook",
        notebook(code),
        file_name=f"{name}.ipynb",
        mime="application/x-ipynb+json",
        icon=":material/download:",
        on_click="ignore",
        key=f"{name}_notebook",
    )
    st.caption("It runs in any environment in which this project's `requirements.txt` is installed.")


def picture_line(chosen: ChosenPicture, name: str = "picture") -> str:
    """The line of a program that loads the picture; of an own one, from its file beside the program."""
    if chosen.own:
        return f"{name} = image.fit(image.load_image({chosen.title!r}), {LONGEST})  # your file"
    return f"{name} = image.load_sample({chosen.key!r})"


def network_line(choice: NetworkChoice) -> str:
    """The line of a program that loads the network; says where its weights are random."""
    if choice.trained:
        return f"net = network.load_network({choice.info.name!r})"
    return f'net = network.load_network({choice.info.name!r}, weights="none")  # untrained: random numbers'


def notebook(code: str) -> str:
    """The code as a Jupyter notebook of one cell (nbformat 4.5)."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "program",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": code.splitlines(keepends=True),
    }
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1)
