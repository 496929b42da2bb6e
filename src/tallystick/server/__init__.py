"""The street: the Django project that puts the front doors on the network."""
