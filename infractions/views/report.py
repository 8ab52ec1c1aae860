"""The report: a person's infractions, for staff, for officers, and for that person."""

import csv
import io
import logging
from collections.abc import Iterator
from errno import ECONNRESET
from itertools import chain

from django.db import DatabaseError
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.admin.cells import guarded
from common.api.fields import DateTimeField
from common.api.schema import documented
from common.throttling import take
from infractions.models import Infraction, InfractionQuerySet, Officer, Person
from infractions.report_query import file_of, infractions_of, person_find
from infractions.serializers import ReportParameters, ReportSerializer
from infractions.views.infractions import NOT_KEPT, OFFICERS, OfficersView

logger = logging.getLogger(__name__)

CHUNK = 500  # rows that a file is read and sent in
HEADER = ("id", "timestamp", "license_plate", "comments", "officer", "badge_number")
STAFF = ("infractions.view_infraction", "infractions.view_person")


class ReportView(OfficersView):
    def is_open(self, request: Request) -> bool:
        """To everybody with credentials: who may not see a report is answered as if there were none."""
        return True

    @documented(
        summary="A person's infractions",
        query=ReportParameters,
        answers={200: ReportSerializer},
        errors=(400, 401, 404, 429),
        description="For staff, officers, and the person whose verified e-mail address it is; to others it is 404, as "
        "is an unknown address. Not voided, newest first, for the owner of then. "
        + OFFICERS
        + "`format=csv` sends all "
        f"rows as a file (`text/csv`) with the columns {', '.join(f'`{name}`' for name in HEADER)}.",
    )
    def get(self, request: Request, version: str) -> HttpResponseBase:
        take("report", self.caller(), at=self.at)
        parameters = ReportParameters(data=request.query_params.dict())
        parameters.is_valid(raise_exception=True)
        asked = parameters.validated_data
        person = self.person(asked["email"])
        if asked["format"] == "csv":
            return csv_of(person)
        return Response(ReportSerializer(file_of(person)).data, headers=NOT_KEPT)

    def person(self, email: str) -> Person:
        """Whose address it is; 404 when it is nobody's, or not for the caller."""
        person = person_find(email, allowed=self.may_see(email), caller=self.caller())
        if person is None:
            raise NotFound
        return person

    def may_see(self, email: str) -> bool:
        if self.officer is not None:
            return True
        user = current_user(self.request)
        return user.has_perms(STAFF) or user.has_verified(email)

    def caller(self) -> str:
        """For the log and the throttle."""
        token = self.request.auth
        return f"officer {token.pk}" if isinstance(token, Officer) else f"user {self.request.user.pk}"


def csv_of(person: Person) -> StreamingHttpResponse:
    """All rows as they come from the database. Neither name nor address of the person is in the file's name."""
    pieces = lines(infractions_of(person))
    first = next(pieces)  # while a database that is away can still be answered with 503
    headers = {**NOT_KEPT, "Content-Disposition": f'attachment; filename="infractions-{person.pk}.csv"'}
    content = chain([first], rest_of(pieces, person))
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def rest_of(pieces: Iterator[str], person: Person) -> Iterator[str]:
    """All the other pieces. When the database goes away among them the connection ends, so that the file is seen to be
    cut; any other exception would have the server log the address that was asked for.
    """
    try:
        yield from pieces
    except DatabaseError as error:
        logger.error("Report of person %s broke off: %s", person.pk, type(error).__name__)
        raise ConnectionResetError(ECONNRESET, "The database went away.") from None


def lines(infractions: InfractionQuerySet) -> Iterator[str]:
    """The file in pieces of some hundred lines."""
    piece = io.StringIO()
    writer = csv.writer(piece)
    writer.writerow(HEADER)
    for number, infraction in enumerate(infractions.iterator(chunk_size=CHUNK), start=1):
        writer.writerow(map(guarded, cells(infraction)))
        if number % CHUNK == 0:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def cells(infraction: Infraction) -> list[str]:
    officer = infraction.officer
    time = str(DateTimeField().to_representation(infraction.timestamp))
    plate = infraction.vehicle.license_plate
    return [str(infraction.pk), time, plate, infraction.comments, officer.name, officer.badge_number]
