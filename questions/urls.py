"""Routes of questions."""

from django.urls import path

from questions import views

urlpatterns = [
    path("questions/", views.QuestionListView.as_view(), name="questions"),
    path("questions/<id:question_id>/", views.QuestionView.as_view(), name="question"),
    path("questions/<id:question_id>/answer/", views.AnswerView.as_view(), name="question_answer"),
    path("questions/<id:question_id>/vote/", views.VoteView.as_view(), name="question_vote"),
]
