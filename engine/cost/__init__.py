"""From a session to money: what a request, a month and a year cost, and what the cheaper model saves.

`cost_report` (report.py) is the whole of it; `default_assumptions` (defaults.py) fills in what the user
did not say, each figure with its source.
"""
