"""The energy of a reply: sensors, sampling, attribution.

A run talks to an `EnergyMeter` (seam.py); `machine_meter` (meter.py) gives the one of this machine
and `sources` (sources.py) says what it can read here and why not.
"""
