"""Who may call what. Endpoints are closed unless a line of the view opens them."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class MethodPermission(BasePermission):
    """`public_methods` of a view are open to anyone, the rest needs credentials, and the model permission that
    `required_permissions` names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
        if method in view.public_methods or (request.method == "OPTIONS" and view.public_methods):
            return True
        if not request.user.is_authenticated:
            return False
        required = view.required_permissions.get(method)
        return required is None or request.user.has_perm(required)
