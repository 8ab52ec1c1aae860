from django.apps import AppConfig

from api.converters import register


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        register()
