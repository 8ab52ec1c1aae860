"""The back office of questions, where moderators change and delete them. Answers and votes are read-only."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter

from accounts.admin import ByUserAdmin
from accounts.authentication import current_user
from common.admin.changelists import DayRangeFilter
from common.admin.deletion import DeletableAdmin
from common.admin.records import VoidableAdmin, VoidFilter
from questions import comments, services
from questions.models import Answer, Comment, Question, Vote

PUBLIC_NAME_COLUMNS = {"author": "public_author", "user": "public_user"}


def may_view_accounts(request: HttpRequest) -> bool:
    return request.user.has_perm("accounts.view_user")


def permitted_columns(request: HttpRequest, columns: Iterable[str]) -> list[str]:
    """Returns the columns, with public names instead of usernames for staff who may not view accounts."""
    return [name if may_view_accounts(request) else PUBLIC_NAME_COLUMNS.get(name, name) for name in columns]


@admin.register(Question)
class QuestionAdmin(DeletableAdmin):
    list_display = ("title", "ranking", "answers", "likes", "dislikes", "author", "created", "is_from_today")
    list_filter = (("is_from_today", BooleanRadioFilter), ("created", DayRangeFilter))
    list_select_related = ("author",)
    search_method = "search"
    search_help_text = _("Words in the title or description")
    sortable_by = ("ranking", "created")
    editable_fields = ("title", "description")
    shown_fields = ("author", "created", "is_from_today", "ranking", "answers", "likes", "dislikes")
    readonly_fields = (*shown_fields, "public_author")

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return permitted_columns(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = self.editable_fields if obj is None else self.editable_fields + self.shown_fields
        return permitted_columns(request, fields)

    @admin.display(description=_("author"))
    def public_author(self, question: Question) -> str:
        return question.author.public_name

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        if may_view_accounts(request):
            changelist.search_help_text = _("Words in the title or description, or the author")
        return changelist

    def get_search_method(self, request: HttpRequest) -> str:
        return "search_with_authors" if may_view_accounts(request) else "search"

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            services.question_update(question_id=obj.pk, **changes)
        else:
            values = {name: form.cleaned_data[name] for name in self.editable_fields}
            created = services.question_create(**values, author=current_user(request), at=timezone.now())
            obj.pk = created.pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Lists the questions with the numbers of their answers and votes, which are deleted too.

        Django would list each vote, and would require the permission to delete votes, which moderators do not have.
        """
        listed = [
            gettext("%(question)s: %(answers)s answers, %(votes)s votes")
            % {"question": question, "answers": question.answers, "votes": question.likes + question.dislikes}
            for question in objs
        ]
        return listed, {str(Question._meta.verbose_name_plural): len(listed)}, set(), []

    def delete_row(self, row: Question) -> None:
        services.question_delete(question_id=row.pk)


@admin.register(Comment)
class CommentAdmin(VoidableAdmin):
    """Comments, which moderators hide with a reason."""

    list_display = ("created_at", "question", "author", "short_text", "standing")
    list_filter = (VoidFilter, ("created_at", DayRangeFilter))
    list_select_related = ("question", "author")
    search_method = "search_by_author"
    search_help_text = _("Username, name or email address of the author")
    shown_fields = (
        "question",
        "author",
        "text",
        "created_at",
        "updated_at",
        "standing",
        "date_voided",
        "voided_by",
        "void_reason",
    )
    readonly_fields = ("public_author",)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return permitted_columns(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return permitted_columns(request, super().get_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj)

    def get_search_method(self, request: HttpRequest) -> str:
        return super().get_search_method(request) if may_view_accounts(request) else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("author"))
    def public_author(self, comment: Comment) -> str:
        return comment.author.public_name

    @admin.display(description=_("comment"))
    def short_text(self, comment: Comment) -> str:
        return Truncator(comment.text).chars(80)

    def act_text(self, row: Comment) -> str:
        return f"{row} ({self.short_text(row)})"

    def void_row(self, request: HttpRequest, row: Comment, *, reason: str, at: datetime) -> None:
        comments.comment_hide(comment=row, reason=reason, by=current_user(request), at=at)


class AnswerAndVoteAdmin(ByUserAdmin):
    """Answers and votes, which only the residents themselves change."""

    ordering = ("-id",)
    list_display = ("id", "question", "user", "value", "changed")
    fields = ("question", "user", "value", "changed")
    list_filter = (("changed", DayRangeFilter),)
    list_select_related = ("question", "user")
    sortable_by = ("id",)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return permitted_columns(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return permitted_columns(request, super().get_fields(request, obj))

    @admin.display(description=_("user"))
    def public_user(self, row: Answer | Vote) -> str:
        return row.user.public_name

    def get_search_method(self, request: HttpRequest) -> str:
        return super().get_search_method(request) if may_view_accounts(request) else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.register([Answer, Vote], AnswerAndVoteAdmin)
