"""Serializer fields that know about people."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from accounts.models import User
from common.api.fields import IntegerField


class ForUserField(serializers.Field):
    """Whom an act is for: the caller when left out, null or empty; somebody else needs the permission.

    Without it any other id is 403, so that nobody learns which ids exist; with it an unknown id is 400.
    """

    class Meta:
        swagger_schema_fields = {"type": "integer"}

    default_error_messages = {"does_not_exist": _("There is no user {id}.")}

    def __init__(self, *, permission: str, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, default=None, **kwargs)
        self.permission = permission

    def get_default(self) -> User:
        return self.context["request"].user

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data in (None, ""):
            return True, self.get_default()
        return super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> User:
        caller = self.context["request"].user
        user_id = IntegerField().run_validation(data)
        if user_id == caller.pk:
            return caller
        if not caller.has_perm(self.permission):
            raise PermissionDenied(_("You may do this for yourself alone."))
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            self.fail("does_not_exist", id=user_id)
        return user

    def to_representation(self, value: User) -> int:
        return value.pk
