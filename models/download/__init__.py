"""Bringing files of a hub here whole, over bad lines and through restarts."""
