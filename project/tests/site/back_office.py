"""The base class of tests over all models of the back office."""

from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse

from common.models import HistoryEntry, Mail
from project.tests.api.routes import RoutesTestCase
from project.tests.api.rows import AT, ROW, TEXT
from project.tests.sampling import some_of


def address(model: type[models.Model], page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def without_rendering() -> Any:
    """Leaves the pages of the back office empty. Rendering takes most of the time of a request for a list."""
    return patch.object(SimpleTemplateResponse, "rendered_content", "")


class BackOfficeTestCase(RoutesTestCase):
    """Signs in as a superuser, with one row of every model. New models are found automatically."""

    client: Client

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        Mail.objects.create(pk=UUID(int=ROW), kind=TEXT, recipient="a@example.org", created_at=AT, next_attempt_at=AT)

        HistoryEntry.objects.create(pk=ROW, at=AT, changes={})

    def setUp(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.admin)

    def changelist(self, path: str) -> Any:
        """Returns the ChangeList of a page, whose rows and filters were read."""
        response = self.unrendered(path)
        self.assertEqual(response.status_code, 200, path)
        return response.context_data["cl"]

    def unrendered(self, path: str) -> Any:
        """Requests a list, and reads its rows and the choices of its filters, but does not render the page."""
        with without_rendering():
            response: Any = self.client.get(path)
        if response.status_code == 200:
            found = response.context_data["cl"]
            list(found.result_list)
            for spec in found.filter_specs:
                list(spec.choices(found))
        return response

    def admins(self) -> list[tuple[type[models.Model], Any]]:
        found = list(admin.site._registry.items())
        self.assertGreater(len(found), 10)
        return found

    def some_admins(self) -> list[tuple[type[models.Model], Any]]:
        return some_of(self.admins(), self.id())

    def row(self, model: type[models.Model]) -> Any:
        key: Any = TEXT if isinstance(model._meta.pk, models.CharField) else ROW
        key = UUID(int=ROW) if isinstance(model._meta.pk, models.UUIDField) else key
        return Group.objects.first() if model is Group else model._default_manager.filter(pk=key).first()

    def request(self) -> Any:
        request = Client().get("/").wsgi_request
        request.user = self.admin
        return request
