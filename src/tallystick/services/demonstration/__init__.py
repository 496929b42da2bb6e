"""The demonstration: a made-up consortium, and loans carried through it from request to payment."""
