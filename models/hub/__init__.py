"""Finding models on a hub, and bringing them here."""
