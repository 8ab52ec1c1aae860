from allauth.mfa.apps import MFAConfig
from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default = True
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from allauth.mfa import signals as factor_signals
        from django.contrib.auth.models import Group
        from django.contrib.auth.signals import user_logged_in

        from accounts import notices, permissions, sessions

        Group.__str__ = permissions.group_title  # type: ignore[method-assign]  # in lists, choices, filters and titles

        user_logged_in.connect(sessions.on_sign_in)
        factor_signals.authenticator_added.connect(notices.on_factor_added)
        factor_signals.authenticator_removed.connect(notices.on_factor_removed)
        factor_signals.authenticator_reset.connect(notices.on_codes_renewed)


class FactorsConfig(MFAConfig):
    """allauth.mfa, without its rule that an account with a second factor cannot change its email address."""

    default = False

    def ready(self) -> None:
        from allauth.mfa import checks  # noqa: F401


class SessionsConfig(UserSessionsConfig):
    """allauth.usersessions, without its receivers, which store the keys of sessions. `accounts.sessions` writes its
    rows, with the keys' hashes."""

    default = False

    def ready(self) -> None:
        pass
