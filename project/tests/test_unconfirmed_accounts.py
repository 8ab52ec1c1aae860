"""An account that never confirmed its address is kept if a row of any service refers to it."""

from django.db import models, transaction

from accounts.models import SIGN_IN_APPS, User
from accounts.services import user_register
from accounts.tests.cast import PASSWORD
from project.tests.api.routes import RoutesTestCase

HISTORY = {"rental", "payment", "score", "question", "answer", "vote", "officer"}


class HistoryTests(RoutesTestCase):
    def test_one_row_of_any_service_keeps_the_account(self) -> None:
        stranger = user_register(username="stranger", email="owner@example.org", password=PASSWORD)
        unused = User.objects.never_confirmed().without_history()
        self.assertTrue(unused.filter(pk=stranger.pk).exists())
        seen = set()
        for relation in User._meta.get_fields(include_hidden=True):
            if isinstance(relation, models.ManyToOneRel) and relation.related_model._meta.app_label not in SIGN_IN_APPS:
                rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__isnull": False})
                if not rows.exists():
                    continue
                with self.subTest(row=relation.related_model._meta.label, field=relation.field.name):
                    with transaction.atomic():
                        row = rows.order_by("pk")[:1].values("pk")
                        relation.related_model._base_manager.filter(pk__in=row).update(
                            **{relation.field.name: stranger}
                        )
                        self.assertFalse(unused.filter(pk=stranger.pk).exists())
                        transaction.set_rollback(True)
                    seen.add(relation.related_model._meta.model_name)
        self.assertLessEqual(HISTORY, seen)
