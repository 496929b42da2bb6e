"""Recognition: the networks that look at photographs of a delivery, and which of them may work (E8)."""
