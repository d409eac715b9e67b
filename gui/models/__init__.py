"""The Models page: what lies on this machine, whether it fits, and what can be made of it or fetched."""
