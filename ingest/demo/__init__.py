"""Invented experts for demonstrations and measurements: no real person, each marked as invented."""
