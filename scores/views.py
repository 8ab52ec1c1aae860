"""The API of scores and of the leaderboard."""

from typing import Any

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.output import represent
from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.throttling import count_attempt, counted_address
from scores import serializers, services
from scores.leaderboard import leaderboard
from scores.models import Period, Score


class ScoreListView(ApiView):
    created_route = ("score", "score_id")
    queryset = Score.objects.all()
    serializer_class = serializers.ScoreInput
    parameters_class = serializers.ScoreParameters
    public_methods = {"POST"}

    @documented(
        summary="Scores, newest first",
        query=serializers.ScoreParameters,
        answers={200: page_of(serializers.ScoreSerializer)},
        errors=(400, 401),
        description="Staff see all scores. Other users see their own, including those that were claimed for them.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.paginated_response(Score.objects.visible_to(current_user(request)), serializers.ScoreSerializer)

    @documented(
        summary="Submit a score",
        body=serializers.ScoreInput,
        answers={201: serializers.SubmittedScoreSerializer},
        errors=(400, 401, 403, 429),
        public=True,
        description="`score` is `input_value + 1`. It is verified if the user, or staff for the user, submits it. "
        "Without credentials it is recorded for no user, or as a claim for `user`, and the number of scores per minute "
        "from one address is limited. The answer says how a verified score compares with the user's best before, and "
        "which rank it gained. Also at `/scores/api/get_score`.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        caller = current_user(request) if request.user.is_authenticated else None
        if caller is None:
            count_attempt("anonymous_scores", counted_address(request), at=self.at)
        score = services.score_submit(**self.validate_body(), by=caller, at=self.at)
        return Response(represent(serializers.SubmittedScoreSerializer, score), status.HTTP_201_CREATED)


class ScoreView(ApiView):
    @documented(
        summary="A score",
        answers={200: serializers.ScoreSerializer},
        errors=(401, 404),
        description="For its user and for staff.",
    )
    def get(self, request: Request, version: str, score_id: int) -> Response:
        score = get_object_or_404(Score.objects.visible_to(current_user(request)), pk=score_id)
        return Response(represent(serializers.ScoreSerializer, score))


class LeaderboardView(ApiView):
    public_methods = {"GET"}

    @documented(
        summary="The leaderboard",
        query=serializers.LeaderboardParameters,
        answers={200: serializers.LeaderboardSerializer},
        errors=(400, 401),
        public=True,
        description="The best verified score of each user, at most `page_size` of them. Equal scores share a rank: "
        "1, 2, 2, 4. `me` is the caller's place, even if it is not in `results`.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        parameters = self.validate_query(serializers.LeaderboardParameters).validated_data
        period, size = Period(parameters["period"]), parameters["page_size"]
        board = leaderboard(period=period, size=size, me=request.user.pk, at=self.at)
        return Response(represent(serializers.LeaderboardSerializer, board))
