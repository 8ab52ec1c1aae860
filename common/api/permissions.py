"""Permissions by method. An endpoint is closed unless its view opens it."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class MethodPermission(BasePermission):
    """Allows a view's `public_methods` to anyone.

    The other methods need credentials, and the model permission that the view's `get_required_permission` returns.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
        if method in view.public_methods or (request.method == "OPTIONS" and view.public_methods):
            return True
        if not request.user.is_authenticated:
            return False
        required = view.get_required_permission(method)
        return required is None or request.user.has_perm(required)
