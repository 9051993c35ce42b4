"""What can go wrong, in one family: every message is one sentence that says what is wrong and what would work."""


class CnnvizError(Exception):
    """Base of every error that cnnviz raises on purpose; its text is fit to be shown to a learner."""


class ImageError(CnnvizError):
    """A picture cannot be read or is refused."""


class SettingsError(CnnvizError, ValueError):
    """A layer's settings cannot be: no output would be left, or they contradict each other."""


class NetworkError(CnnvizError):
    """A network is unknown, or its weights cannot be had."""


class LayerError(CnnvizError, KeyError):
    """A layer is unknown, was not kept, or cannot be shown as asked."""

    __str__ = Exception.__str__  # KeyError's own would put the sentence in quotation marks


class Cancelled(CnnvizError):
    """Work was stopped before its end because it was asked to."""
