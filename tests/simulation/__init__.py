"""The simulator: a whole consortium in one process, decided by one seed; see docs/simulation.md."""
