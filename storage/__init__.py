"""Keeps sessions: one SQLite database in the user's data folder, exports and imports beside it."""
