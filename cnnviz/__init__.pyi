from . import analysis as analysis
from . import compute as compute
from . import errors as errors
from . import image as image
from . import layer as layer
from . import learn as learn
from . import network as network
