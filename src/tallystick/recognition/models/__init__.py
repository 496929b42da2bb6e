"""The models that come with Tallystick, their cards, and the list of what is registered."""
