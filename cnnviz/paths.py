"""Where on this machine does what ships with cnnviz lie, and where what learners leave?"""

import os
from pathlib import Path

#: The shipped pictures, data sets and weights. The project is installed editable, so they lie beside the package.
ASSETS: Path = Path(__file__).resolve().parent.parent / "assets"

HOME = "CNNVIZ_HOME"


def home() -> Path:
    """The folder for what outlives the program: where the environment variable ``CNNVIZ_HOME`` says, else the user's.

    It need not exist yet.
    """
    chosen = os.environ.get(HOME, "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("cnnviz", appauthor=False)
