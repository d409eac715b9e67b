"""Parts that every page is built from; they know the look, and nothing of models or runs."""
