"""A node of a network between institutions: made, joined to the others, run, and spoken with.

``document`` is what a node's folder says about it; ``making`` makes one and what others need to know of it;
``joining`` writes what CometBFT starts from; ``running`` runs both processes; ``application`` is one of them;
``local`` is a whole network on one machine.
"""
