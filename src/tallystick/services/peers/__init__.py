"""Evidence between members' own installations: asked for, answered, and taken in (mission E3 to E5, E12)."""
