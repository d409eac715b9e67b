"""The earlier sessions: what was run, to be opened again."""
