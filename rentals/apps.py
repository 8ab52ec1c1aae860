from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RentalsConfig(AppConfig):
    name = "rentals"
    verbose_name = _("Rentals")

    def ready(self) -> None:
        from accounts.signals import account_deactivated
        from books.signals import copies_changed
        from rentals import holds

        copies_changed.connect(holds.on_copies_changed)
        account_deactivated.connect(holds.on_account_deactivated)
