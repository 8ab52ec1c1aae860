"""Serializer fields for users."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from accounts.models import User
from common.api.fields import IntegerField


class ForUserField(serializers.Field[Any, Any, Any, Any]):
    """The user that a call acts for: the caller if the field is missing, null or empty.

    Acting for another user needs the permission. A caller without it gets 403 for every other id, and so does not
    learn which ids exist; a caller with it gets 400 for an unknown id.
    """

    class Meta:
        swagger_schema_fields = {"type": "integer"}

    default_error_messages = {"does_not_exist": _("There is no user {id}.")}

    def __init__(self, *, permission: str, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, default=None, **kwargs)
        self.permission = permission

    @property
    def caller(self) -> User:
        user: User = self.context["request"].user
        return user

    def get_default(self) -> User:
        return self.caller

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data in (None, ""):
            return True, self.get_default()
        return super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> User:
        user_id = IntegerField().run_validation(data)
        if user_id == self.caller.pk:
            return self.caller
        if not self.caller.has_perm(self.permission):
            raise PermissionDenied(_("You may only do this for yourself."))
        user: User | None = User.objects.filter(pk=user_id).first()
        if user is None:
            self.fail("does_not_exist", id=user_id)
        return user

    def to_representation(self, value: User) -> int:
        return value.pk
