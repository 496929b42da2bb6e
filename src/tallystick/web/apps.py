"""Registers the web front door with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, static files and translations of the pages."""

    name = "tallystick.web"
    label = "web"
    verbose_name = "Tallystick web"
