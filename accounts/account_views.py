"""The API of accounts, for staff and for their owners."""

from typing import Any

from rest_framework.generics import ListAPIView, RetrieveUpdateAPIView

from accounts import serializers, services
from accounts.authentication import current_user
from accounts.models import User, UserQuerySet
from accounts.permissions import AccountPermission
from common.api.crud import CrudView
from common.api.serializers import SearchParameters


class VisibleAccountsView(CrudView):
    """Accounts that the caller may see: all of them for staff, only their own for others."""

    queryset = User.objects.all()
    serializer_class = serializers.AccountSerializer
    permission_classes = [AccountPermission]

    def get_required_permission(self, method: str) -> str | None:
        return None

    def get_queryset(self) -> UserQuerySet:
        accounts: UserQuerySet = User.objects.visible_to(current_user(self.request))
        return accounts


class AccountListView(VisibleAccountsView, ListAPIView[User]):
    parameters_class = SearchParameters
    summaries = {"GET": "Accounts, newest first"}
    descriptions = {"GET": "Staff see all accounts, others only their own. Only staff see `remarks`."}


class AccountView(VisibleAccountsView, RetrieveUpdateAPIView[User]):
    lookup_url_kwarg = "user_id"
    summaries = {
        "GET": "An account",
        "PUT": "Replace name, phone and address",
        "PATCH": "Change name, phone or address",
    }
    descriptions = {
        "GET": "Staff see all accounts, others only their own.",
        **dict.fromkeys(
            ("PUT", "PATCH"),
            "For the owner and for staff. Only superusers change an account that has rights: others get 403.",
        ),
    }
    extra_errors = {"PUT": {403}, "PATCH": {403}}

    def perform_update(self, serializer: Any) -> None:
        by = current_user(self.request)
        data = serializer.validated_data
        serializer.instance = services.account_update(user=serializer.instance, by=by, at=self.at, **data)
