"""What tells this machine's energy, and what the user says of it: a part of the Settings page."""
