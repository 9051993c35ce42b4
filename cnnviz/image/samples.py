"""Which pictures ship with cnnviz, where do they come from, and what is there to see in them?"""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from cnnviz.errors import ImageError
from cnnviz.image.loading import load_image
from cnnviz.paths import ASSETS


@dataclass(frozen=True)
class Sample:
    """One shipped picture: its file, who made it and under which terms, and one sentence on what it is good for."""

    name: str
    title: str
    file: str
    credit: str
    licence: str
    shows: str

    @property
    def path(self) -> Path:
        """Where the file lies on this machine."""
        return ASSETS / "images" / self.file


def load_sample(name: str) -> Image.Image:
    """Return the shipped picture ``name`` in RGB.

    Raises:
        ImageError: no sample has that name.
    """
    if name not in SAMPLES:
        raise ImageError(f"There is no sample picture {name!r}; there are {', '.join(SAMPLES)}.")
    return load_image(SAMPLES[name].path)


def _sample(name: str, title: str, credit: str, licence: str, shows: str) -> Sample:
    return Sample(name, title, f"{name}.webp", credit, licence, shows)


# Terms as scikit-image states them for each picture in skimage/data/_fetchers.py, version 0.26.0.
SAMPLES: dict[str, Sample] = {
    sample.name: sample
    for sample in (
        _sample("chelsea", "Chelsea the cat", "Stéfan van der Walt", "CC0",
                "Fur, whiskers and eyes: fine lines in every direction, and a cat for a network to name."),
        _sample("coffee", "Cup of coffee", "Rachel Michetti, Pikolo Espresso Bar", "CC0",
                "Ellipses and smooth porcelain on rough wood: strong edges beside weak ones."),
        _sample("astronaut", "Astronaut Eileen Collins", "NASA", "public domain",
                "A face, a flag and a space suit: many parts at different sizes."),
        _sample("rocket", "Falcon 9 before its launch", "SpaceX", "public domain",
                "A thin bright rocket and dark masts before an evening sky: long upright edges."),
        _sample("camera", "Photographer (grey)", "Lav Varshney", "CC0",
                "A dark figure before a bright sky: the classic test of edge detectors, without colour."),
        _sample("brick", "Brick wall (grey)", "CC0Textures", "CC0",
                "A regular pattern: horizontal and vertical edges answer to different kernels."),
        _sample("grass", "Grass (grey)", "linolafett", "CC0",
                "Texture without objects: fine detail in all directions."),
        _sample("gravel", "Gravel (grey)", "CC0Textures", "CC0",
                "Blobs of many sizes: what a blur keeps and what it removes."),
        _sample("text", "Handwriting (grey)", "Wikipedia", "public domain",
                "Strokes and corners of formulas on lined paper under uneven light."),
        _sample("hubble_deep_field", "Hubble eXtreme Deep Field", "NASA", "public domain",
                "Small bright spots on black: kernels seen as the shape they give to a point."),
    )
}  # fmt: skip
