"""Engines order transactions, run the contracts and keep the result: each meets the disk or a network."""
