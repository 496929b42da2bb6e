"""The contracts as an ABCI 2.0 application: CometBFT agrees on the order, the same state machine executes it.

``replica`` is the application without a wire: what one node holds and decides. ``application`` maps the
messages of ABCI to it, ``server`` answers them over the sockets that CometBFT opens.
"""
