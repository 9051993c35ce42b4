from .activation_figures import gradient_figure as gradient_figure
from .architecture_figures import cost_bars as cost_bars
from .field_figures import depth_figure as depth_figure
from .shift_figures import shift_figure as shift_figure
from .transfer_figures import epochs_figure as epochs_figure
from .transfer_figures import pictures_figure as pictures_figure
from .trust_figures import curve_figure as curve_figure
