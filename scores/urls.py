"""The routes of scores: the API, the path of older clients (which has no version), and the pages."""

from django.conf import settings
from django.urls import path

from scores import pages, views

urlpatterns = [
    path("scores/", views.ScoreListView.as_view(), name="scores"),
    path("scores/leaderboard/", views.LeaderboardView.as_view(), name="leaderboard"),
    path("scores/<id:score_id>/", views.ScoreView.as_view(), name="score"),
]

older_urlpatterns = [
    path(
        "scores/api/get_score/",
        views.ScoreListView.as_view(http_method_names=["post", "options"], swagger_schema=None),
        {"version": settings.API_CURRENT_VERSION},
        name="get_score",
    )
]

page_urlpatterns = [
    path("scores/", pages.score_list, name="scores"),
    path("scores/leaderboard/", pages.score_leaderboard, name="leaderboard"),
]
