"""What stops a set-up."""


class SetupFailure(Exception):
    """The world's fault, worded for the person who typed the command: what failed, what to do."""
