"""The History page: every session found again, marked, compared and handed over."""
