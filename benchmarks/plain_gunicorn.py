"""Gunicorn's configuration for the contenders: as many workers and threads as the site has in these measurements."""

worker_class = "gthread"
workers = 2
threads = 4
preload_app = True
loglevel = "warning"
control_socket_disable = True
keepalive = 75
