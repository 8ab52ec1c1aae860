from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from common.api.converters import register


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = _("Site")

    def ready(self) -> None:
        register()
