"""What goes in and out over HTTP, by subject: names, types and limits that the OpenAPI document states."""
