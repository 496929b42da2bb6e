"""The HTTP interface for members' own software: JSON under ``/api/v1``, described by OpenAPI."""
