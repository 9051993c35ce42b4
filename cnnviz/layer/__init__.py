"""One layer at a time: classic kernels, the convolution itself, and the kernel behind a painted result.

Everything loads where it is first needed; the catalogue of kernels and the sizes need no torch.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
