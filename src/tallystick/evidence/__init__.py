"""Evidence: deliveries that the buyer countersigned, what was read off them, and what a lender makes of it.

Pure: what media and documents say comes in as values from ``capture`` and ``recognition``.
"""
