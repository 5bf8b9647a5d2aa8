"""Messy sheets as offices have them: what they say, what was repaired, what stays in doubt."""
