"""The staircase: the only place that chooses which parts an installation runs on."""
