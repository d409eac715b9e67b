"""The set-up of a clone, step by step, with nothing but the standard library."""
