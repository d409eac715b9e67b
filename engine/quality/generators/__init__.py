"""Ready suites that need no network: made from a seed, the same on every machine."""
