from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InfractionsConfig(AppConfig):
    name = "infractions"
    verbose_name = _("Traffic")
