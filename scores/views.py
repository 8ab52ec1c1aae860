"""Scores and the leaderboard."""

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.pagination import Keyset
from common.throttling import client_address, take
from scores import serializers, services
from scores.leaderboard import Period, leaderboard
from scores.models import Score

FILTERS = {
    "user": "user",
    "verified": "verified",
    "score_gt": "score__gt",
    "score_lt": "score__lt",
    "submitted_after": "date_submitted__gt",
    "submitted_before": "date_submitted__lt",
}


class ScoreListView(ApiView):
    keyset = Keyset(Score, "-date_submitted", "-id")
    public_methods = {"POST"}

    @documented(
        summary="Scores, newest first",
        query=serializers.ScoreParameters,
        answers={200: page_of(serializers.ScoreSerializer)},
        errors=(400, 401),
        description="Staff see all, others their own, with those that were claimed for them.",
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(serializers.ScoreParameters)
        wanted = {FILTERS[name]: value for name, value in parameters.filters().items()}
        scores = Score.objects.visible_to(current_user(request)).filter(**wanted)
        return self.page(scores, parameters, serializers.ScoreSerializer)

    @documented(
        summary="Submit a score",
        body=serializers.ScoreInput,
        answers={201: serializers.ScoreSerializer},
        errors=(400, 401, 403, 429),
        public=True,
        description="`score` is `input_value + 1`. It is verified when the user sends it, or staff for them. Without "
        "credentials it is recorded for nobody, or as claimed for `user`, and so many a minute are taken from one "
        "address. Also at `/scores/api/get_score`.",
    )
    def post(self, request: Request, version: str) -> Response:
        caller = current_user(request) if request.user.is_authenticated else None
        if caller is None:
            take("anonymous_scores", client_address(request), at=self.at)
        data = self.valid(serializers.ScoreInput).validated_data
        score = services.score_submit(input_value=data["input_value"], user=data["user"], by=caller, at=self.at)
        return Response(serializers.ScoreSerializer(score).data, status.HTTP_201_CREATED)


class ScoreView(ApiView):
    @documented(summary="A score", answers={200: serializers.ScoreSerializer}, errors=(401, 404))
    def get(self, request: Request, version: str, score_id: int) -> Response:
        score = get_object_or_404(Score.objects.visible_to(current_user(request)), pk=score_id)
        return Response(serializers.ScoreSerializer(score).data)


class LeaderboardView(ApiView):
    public_methods = {"GET"}

    @documented(
        summary="The leaderboard",
        query=serializers.LeaderboardParameters,
        answers={200: serializers.LeaderboardSerializer},
        errors=(400, 401),
        public=True,
        description="The best verified score of each user, as many as `page_size`. Equal scores share a rank: "
        "1, 2, 2, 4. `me` is the caller's place, also when it is not among them.",
    )
    def get(self, request: Request, version: str) -> Response:
        asked = self.list_parameters(serializers.LeaderboardParameters).validated_data
        board = leaderboard(period=Period(asked["period"]), size=asked["page_size"], me=request.user.pk, at=self.at)
        return Response(serializers.LeaderboardSerializer(board).data)
