"""Addresses of the pages."""

from django.urls import path

from tallystick.web import views

app_name = "web"

urlpatterns = [
    path("", views.home, name="home"),
    path("style/", views.style, name="style"),
]
