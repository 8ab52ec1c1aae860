from django.apps import AppConfig

from common.api.converters import register


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        register()
