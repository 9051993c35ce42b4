"""The least app that shows a 512×512 picture on a slider: nothing is computed, the JPEGs (quality 90) are ready."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.image import load_sample


@st.cache_resource
def jpegs() -> list[bytes]:
    """Twenty pictures: the sample at 512×512, each a little darker than the one before."""
    picture = np.asarray(load_sample("astronaut").resize((512, 512)), dtype=np.float32)
    files = []
    for step in range(20):
        file = io.BytesIO()
        Image.fromarray((picture * (1 - step / 40)).astype(np.uint8)).save(file, "JPEG", quality=90)
        files.append(file.getvalue())
    return files


st.image(jpegs()[st.slider("Step", 0, 19)])
