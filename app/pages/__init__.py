"""The pages: inputs, compute, show, explain. A page never imports another page."""
