from .activation_figures import gradient_figure as gradient_figure
