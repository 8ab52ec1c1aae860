"""The routes of questions: the API and the pages."""

from django.urls import path

from questions import comment_pages, comment_views, pages, views

urlpatterns = [
    path("questions/", views.QuestionListView.as_view(), name="questions"),
    path("questions/<id:question_id>/", views.QuestionView.as_view(), name="question"),
    path("questions/<id:question_id>/answer/", views.AnswerView.as_view(), name="question_answer"),
    path("questions/<id:question_id>/vote/", views.VoteView.as_view(), name="question_vote"),
    path("questions/<id:question_id>/comments/", comment_views.CommentListView.as_view(), name="comments"),
    path("comments/<id:comment_id>/", comment_views.CommentView.as_view(), name="comment"),
    path("comments/<id:comment_id>/hide/", comment_views.CommentHideView.as_view(), name="comment_hide"),
]

page_urlpatterns = [
    path("questions/", pages.question_list, name="questions"),
    path("questions/ask/", pages.question_ask, name="question_ask"),
    path("questions/<id:question_id>/", pages.question_detail, name="question"),
    path("questions/<id:question_id>/edit/", pages.question_edit, name="question_edit"),
    path("questions/<id:question_id>/delete/", pages.question_delete, name="question_delete"),
    path("questions/<id:question_id>/answer/", pages.question_answer, name="question_answer"),
    path("questions/<id:question_id>/vote/", pages.question_vote, name="question_vote"),
    path("questions/<id:question_id>/comment/", comment_pages.comment_write, name="comment_write"),
    path("comments/<id:comment_id>/edit/", comment_pages.comment_edit, name="comment_edit"),
    path("comments/<id:comment_id>/delete/", comment_pages.comment_delete, name="comment_delete"),
    path("comments/<id:comment_id>/hide/", comment_pages.comment_hide, name="comment_hide"),
]
