"""Every address that this installation answers to."""

from django.urls import include, path

from tallystick.api import peers
from tallystick.api.routes import api

urlpatterns = [
    path("accounts/", include("tallystick.web.account_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", api.urls),
    *peers.urlpatterns,
    path("", include("tallystick.web.urls")),
]

handler400 = "tallystick.server.refusals.bad_request"
handler403 = "tallystick.web.errors.forbidden"
handler404 = "tallystick.web.errors.not_found"
handler500 = "tallystick.web.errors.server_error"
