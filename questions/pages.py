"""The pages of questions: anyone reads, and signed-in residents ask, answer and vote."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.serializers import Serializer

from accounts.authentication import current_user
from common.api.serializers import ListParameters
from common.kept_text import keeps_text
from common.pages import (
    ListPage,
    PageRequest,
    form_of,
    form_page,
    list_page,
    list_parameters,
    next_url,
    show_message,
)
from common.submissions import form_key
from questions import services
from questions.models import MAX_ANSWER, MAX_COMMENT_LENGTH, MIN_ANSWER, Comment, Question
from questions.permissions import get_permitted_question, may_change, may_delete
from questions.ranking import explanation
from questions.serializers import AnswerInput, QuestionInput, QuestionParameters, VoteInput

STARS = range(MIN_ANSWER, MAX_ANSWER + 1)


@login_not_required
@require_safe
def question_list(request: HttpRequest) -> HttpResponse:
    parameters = list_parameters(request, Question, QuestionParameters)
    page = list_page(request, Question.objects.with_authors().with_own_answer_and_vote(request.user), parameters)
    values = parameters.validated_data
    is_own = values.get("author") is not None and values["author"] == request.user.pk
    context = {"page": page, "is_own": is_own, "order": values["order"], "q": values.get("q", "")}
    context["explanation"] = explanation()
    return render(request, "questions/list.html", context)


@login_not_required
@require_safe
def question_detail(request: HttpRequest, question_id: int) -> HttpResponse:
    question = get_object_or_404(
        Question.objects.select_related("author").with_own_answer_and_vote(request.user), pk=question_id
    )
    context = {
        "question": question,
        "stars": STARS,
        "explanation": explanation(),
        "comments": comments_of(request, question),
        "may_hide": request.user.has_perm("questions.change_comment"),
        "max_comment": MAX_COMMENT_LENGTH,
        "form_key": form_key(request),
        "may_change": may_change(request.user, question),
        "may_delete": may_delete(request.user, question),
    }
    return render(request, "questions/detail.html", context)


def comments_of(request: HttpRequest, question: Question) -> ListPage:
    """Returns a page of the comments that the reader may see, newest first."""
    rows = Comment.objects.visible_to(request.user).filter(question=question).with_authors()
    return list_page(request, rows, list_parameters(request, Comment, ListParameters))


@keeps_text("title", "description")
@require_http_methods(["GET", "HEAD", "POST"])
def question_ask(request: HttpRequest) -> HttpResponse:
    return form_page(request, "questions/ask.html", form_of(request, QuestionInput), ask, creates=True)


def ask(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    question = services.question_create(**form.validated_data, author=current_user(request), at=timezone.now())
    show_message(request, published_message(question))
    return redirect("pages:question", question.pk)


def published_message(question: Question) -> str:
    place = question.place()
    if place is None:
        return _("Your question is published. Other residents can answer it now.")
    text = _("Your question is published. Your question is number %(place)s. Other residents can answer it now.")
    return text % {"place": place}


@keeps_text("title", "description")
@require_http_methods(["GET", "HEAD", "POST"])
def question_edit(request: HttpRequest, question_id: int) -> HttpResponse:
    question = get_permitted_question(current_user(request), question_id, rule=may_change)
    form = form_of(request, QuestionInput, question)
    return form_page(request, "questions/edit.html", form, edit, question=question)


def edit(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    question: Any = form.instance
    services.question_update(question_id=question.pk, **form.validated_data)
    show_message(request, _("The question was changed."))
    return redirect("pages:question", question.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def question_delete(request: HttpRequest, question_id: int) -> HttpResponse:
    question = get_permitted_question(current_user(request), question_id, rule=may_delete)
    if request.method == "POST":
        services.question_delete(question_id=question_id)
        show_message(request, _("The question was deleted."))
        return redirect("pages:questions")
    return render(request, "questions/delete.html", {"question": question})


@require_http_methods(["GET", "HEAD", "POST"])
def question_answer(request: PageRequest, question_id: int) -> HttpResponse:
    """Sets or withdraws the answer. A resident who had to sign in first comes back by GET."""
    if request.method == "POST":
        user, value = current_user(request), chosen_value(request, AnswerInput)
        if value is None:
            services.answer_withdraw(question_id=question_id, user=user)
        else:
            services.answer_put(question_id=question_id, user=user, value=value, at=timezone.now())
    return changed_part(request, question_id, "questions/parts/answered.html")


@require_http_methods(["GET", "HEAD", "POST"])
def question_vote(request: PageRequest, question_id: int) -> HttpResponse:
    """Sets or withdraws the vote. A resident who had to sign in first comes back by GET."""
    if request.method == "POST":
        user, value = current_user(request), chosen_value(request, VoteInput)
        if value is None:
            services.vote_withdraw(question_id=question_id, user=user)
        else:
            services.vote_put(question_id=question_id, user=user, value=value, at=timezone.now())
    return changed_part(request, question_id, "questions/parts/voted.html")


def chosen_value(request: HttpRequest, kind: type[Serializer[Any]]) -> Any:
    """Returns the value of the button; None if the button withdraws the value. Raises ValidationError."""
    if request.POST.get("value") == "":
        return None
    form = form_of(request, kind)
    form.is_valid(raise_exception=True)
    return form.validated_data["value"]


def changed_part(request: PageRequest, question_id: int, part: str) -> HttpResponse:
    """Returns the part of the page that changed if htmx asks for it, else a redirect to the page."""
    back = next_url(request, reverse("pages:question", args=[question_id]))
    if not request.htmx:
        return HttpResponseRedirect(back)
    question = get_object_or_404(
        Question.objects.select_related("author").with_own_answer_and_vote(request.user), pk=question_id
    )
    return render(request, part, {"question": question, "stars": STARS, "next": back.partition("#")[0]})
