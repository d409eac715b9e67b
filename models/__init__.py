"""Model files: what is in them, what they need, where they lie and where they come from."""
