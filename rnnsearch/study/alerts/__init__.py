"""Alerts: a command or an address that hears of a study's end, new best, failure and stall."""
