"""Tallystick: lending and borrowing against countersigned evidence."""
