from .activations import Activations as Activations
from .activations import capture as capture
from .layers import Layer as Layer
from .layers import layer_table as layer_table
from .layers import leaves as leaves
from .layouts import as_maps as as_maps
