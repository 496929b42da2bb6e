"""How the tests call the API: one caller for each token, with the product's own WSGI stack behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from tallystick.records.models import User
from tallystick.services.consortium import issue_token
from tallystick.services.installation import Installation

ROOT = "/api/v1"
JSON = "application/json"


@dataclass(frozen=True)
class Caller:
    """Software that calls with a token; with an empty token it says nothing of who it is."""

    token: str = ""
    client: Client = field(default_factory=Client)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        address = path if path.startswith("/api") else ROOT + path
        return self.client.generic(
            method, address, body, content_type=content_type, headers=self._own() | dict(headers or {})
        )

    def _own(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def get(self, path: str) -> HttpResponse:
        return self.send("GET", path)

    def post(self, path: str, document: object = None, key: str = "") -> HttpResponse:
        chosen = {"Idempotency-Key": key} if key else {}
        return self.send("POST", path, encoded(document), headers=chosen)

    def patch(self, path: str, document: object) -> HttpResponse:
        return self.send("PATCH", path, encoded(document))

    def upload(self, path: str, name: str, content: bytes, key: str = "", **form: str) -> HttpResponse:
        headers = self._own()
        if key:
            headers["Idempotency-Key"] = key
        return self.client.post(
            ROOT + path, form | {"file": SimpleUploadedFile(name, content)}, headers=headers
        )


def encoded(document: object) -> bytes:
    return b"" if document is None else json.dumps(document).encode()


def caller(house: Installation, user: User) -> Caller:
    return Caller(issue_token(house, user, "tests"))


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is a problem document with this status and code, and return it."""
    document = response.json()
    assert response.status_code == status, document
    assert response["Content-Type"] == "application/problem+json"
    assert set(document) == {"type", "title", "status", "code", "detail", "details"}
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["type"] == f"urn:tallystick:problem:{code}"
    assert "Traceback" not in response.text
    return document


def good(response: HttpResponse, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()
