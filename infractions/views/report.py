"""The report: a person's infractions, for staff, for officers, and for that person."""

from itertools import chain
from typing import Any

from django.db.models import F
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.admin.csv_export import UtcText, csv_chunks, csv_lines, end_connection_on_errors
from common.api.output import represent
from common.api.schema import documented
from common.throttling import count_attempt
from infractions.infraction_serializers import ReportParameters, ReportSerializer
from infractions.models import Person
from infractions.report_query import person_find, person_report, report_infractions
from infractions.views.infractions import OFFICER_CREDENTIALS, OfficerApiView

CSV_COLUMNS = {
    "id": F("pk"),
    "timestamp": UtcText("timestamp"),
    "license_plate": "vehicle__license_plate",
    "comments": "comments",
    "officer": "officer__name",
    "badge_number": "officer__badge_number",
}
STAFF_PERMISSIONS = ("infractions.view_infraction", "infractions.view_person")


class ReportView(OfficerApiView):
    def is_allowed(self, request: Request) -> bool:
        """Allows every caller with credentials: one who may not see a report gets the 404 of an unknown address."""
        return True

    @documented(
        summary="A person's infractions",
        query=ReportParameters,
        answers={200: ReportSerializer},
        produces=["application/json", "text/csv"],
        errors=(400, 401, 404, 429),
        description="For staff, for officers, and for the person, by their confirmed email address; others get the "
        "404 of an unknown address. The infractions that are not void, newest first, of the vehicles that the person "
        f"owned at the time. {OFFICER_CREDENTIALS}`format=csv` answers with all of them as a file (`text/csv`) with "
        f"the columns {', '.join(f'`{name}`' for name in CSV_COLUMNS)}.",
    )
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        count_attempt("report", self.caller_name(), at=self.at)
        parameters = self.validate_query(ReportParameters).validated_data
        email = parameters["email"]
        person = person_find(email, is_allowed=self.may_see_report(email), caller=self.caller_name())
        if person is None:
            raise NotFound
        if parameters["format"] == "csv":
            return csv_response(person)
        return Response(represent(ReportSerializer, person_report(person)))

    def may_see_report(self, email: str) -> bool:
        if self.officer is not None:
            return True
        user = current_user(self.request)
        return user.has_perms(STAFF_PERMISSIONS) or user.has_verified(email)


def csv_response(person: Person) -> StreamingHttpResponse:
    """Returns all infractions as a file, streamed from the database. The file name has no personal data."""
    chunks = csv_chunks(CSV_COLUMNS, csv_lines(report_infractions(person.pk), CSV_COLUMNS.values()))
    first = next(chunks)  # read before the headers are sent, so that an unavailable database is answered with 503
    headers = {"Content-Disposition": f'attachment; filename="infractions-{person.pk}.csv"'}
    content = end_connection_on_errors(chain([first], chunks), what=f"Report of person {person.pk}")
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
