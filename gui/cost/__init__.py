"""The Cost page: what a session costs in money and CO2, and what the cheaper model saves."""
