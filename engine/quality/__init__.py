"""What a cheaper model loses: fidelity on a text, suites of cases with checks, and the verdict."""
