"""Suites out of YAML, JSON, JSONL and CSV, as promptfoo has them and with marks of our own."""
