"""Benchmarks: each measures against the machine's own limits in the same run, and writes its section."""
