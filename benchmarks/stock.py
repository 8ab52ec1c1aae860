"""A DRF app as its tutorial writes one: ModelSerializer, generic views, JWTAuthentication and cursor pagination."""

from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework import generics, pagination, serializers

from accounts.models import User
from books.models import Book
from devices.models import Device
from questions.models import Question
from scores.models import Score


class Pagination(pagination.CursorPagination):
    page_size_query_param = "page_size"
    page_size = 20
    max_page_size = 100


class ScoreSerializer(serializers.ModelSerializer[Score]):
    input_value = serializers.FloatField(write_only=True)

    class Meta:
        model = Score
        fields = ["id", "user", "score", "date_submitted", "verified", "input_value"]
        read_only_fields = ["user", "score", "date_submitted", "verified"]

    def create(self, validated_data: dict[str, Any]) -> Score:
        return Score.objects.create(score=validated_data.pop("input_value") + 1, **validated_data)


class ScoreList(generics.CreateAPIView[Score]):
    queryset = Score.objects.all()
    serializer_class = ScoreSerializer

    def perform_create(self, serializer: Any) -> None:
        serializer.save(user=self.request.user, date_submitted=timezone.now(), verified=True)


class DeviceSerializer(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = ["slug", "model", "name", "note", "serial", "created_at", "updated_at"]


class DeviceList(generics.ListAPIView[Device]):
    queryset = Device.objects.defer("search")
    serializer_class = DeviceSerializer
    pagination_class = type("Newest", (Pagination,), {"ordering": ["-created_at", "-slug"]})


class DeviceDetail(generics.RetrieveAPIView[Device]):
    queryset = Device.objects.defer("search")
    serializer_class = DeviceSerializer
    lookup_field = "slug"


class BookSerializer(serializers.ModelSerializer[Book]):
    class Meta:
        model = Book
        fields = ["id", "name", "description", "author", "image", "book_type", "copies", "copies_out"]


class BookList(generics.ListAPIView[Book]):
    queryset = Book.objects.defer("search")
    serializer_class = BookSerializer
    pagination_class = type("ByName", (Pagination,), {"ordering": ["sort_key", "id"]})


class AuthorSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "name"]


class QuestionSerializer(serializers.ModelSerializer[Question]):
    author = AuthorSerializer()

    class Meta:
        model = Question
        fields = [
            "id",
            "title",
            "description",
            "author",
            "created",
            "ranking",
            "is_from_today",
            "answers",
            "likes",
            "dislikes",
        ]


class QuestionList(generics.ListAPIView[Question]):
    queryset = Question.objects.select_related("author")
    serializer_class = QuestionSerializer
    pagination_class = type("ByRanking", (Pagination,), {"ordering": ["-ranking", "-id"]})


urlpatterns = [
    path("healthz", lambda request: HttpResponse()),
    path("api/v3/scores/", ScoreList.as_view()),
    path("api/v3/devices/", DeviceList.as_view()),
    path("api/v3/devices/<slug:slug>/", DeviceDetail.as_view()),
    path("api/v3/books/", BookList.as_view()),
    path("api/v3/questions/", QuestionList.as_view()),
]
