"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.umask(0o077)  # what this process writes is its owner's alone, wherever the home lies
application = get_wsgi_application()
