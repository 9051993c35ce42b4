"""Where does what ships with cnnviz lie on this machine?"""

from pathlib import Path

#: The shipped pictures, data sets and weights. The project is installed editable, so they lie beside the package.
ASSETS: Path = Path(__file__).resolve().parent.parent / "assets"
