"""Look inside: questions about a network."""
