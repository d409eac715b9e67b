"""The command line: reads what was asked, runs it through the engine, shows what comes back."""
