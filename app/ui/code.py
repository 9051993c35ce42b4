"""How does a learner take home what is on the screen? As code to copy, or as a notebook; it runs as it stands."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st


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
