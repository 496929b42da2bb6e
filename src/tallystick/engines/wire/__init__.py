"""What goes over the sockets between CometBFT and Tallystick: the messages, and how they are framed.

``messages.proto`` is our own schema of what is used; ``make messages`` writes ``messages_pb2`` from it.
"""
