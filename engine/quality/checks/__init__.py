"""Checks of a reply under the names that people know from promptfoo and lm-eval."""
