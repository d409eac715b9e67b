"""Runs and measures: a plan goes in, events come out. No Qt, no SQL, no llama.cpp in this process."""
