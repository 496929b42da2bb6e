"""Django's registration of the records."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The models of this installation."""

    name = "tallystick.records"
    label = "records"
    verbose_name = "Tallystick records"
