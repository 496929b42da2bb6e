"""The room capture: every file here is made by the test that needs it."""
