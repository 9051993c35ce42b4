"""Foundations: one layer at a time."""
