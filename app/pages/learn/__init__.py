"""Pages about teaching a network."""
