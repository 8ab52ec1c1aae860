from django.urls import path

from infractions import pages
from infractions.views import infractions, objections, officers, persons_and_vehicles, report

urlpatterns = [
    path("persons/", persons_and_vehicles.PersonListView.as_view(), name="persons"),
    path("persons/<id:person_id>/", persons_and_vehicles.PersonView.as_view(), name="person"),
    path("vehicles/", persons_and_vehicles.VehicleListView.as_view(), name="vehicles"),
    path("vehicles/<id:vehicle_id>/", persons_and_vehicles.VehicleView.as_view(), name="vehicle"),
    path(
        "vehicles/<id:vehicle_id>/infractions_to_move/",
        persons_and_vehicles.MovePreviewView.as_view(),
        name="infractions_to_move",
    ),
    path("officers/", officers.OfficerListView.as_view(), name="officers"),
    path("officers/<id:officer_id>/", officers.OfficerView.as_view(), name="officer"),
    path("officers/<id:officer_id>/token/", officers.OfficerTokenView.as_view(), name="officer_token"),
    path("infractions/", infractions.InfractionListView.as_view(), name="infractions"),
    path("infractions/report/", report.ReportView.as_view(), name="infraction_report"),
    path("infractions/<id:infraction_id>/", infractions.InfractionView.as_view(), name="infraction"),
    path("infractions/<id:infraction_id>/void/", infractions.InfractionVoidView.as_view(), name="infraction_void"),
    path("infractions/<id:infraction_id>/objection/", objections.ObjectionView.as_view(), name="objection"),
    path(
        "infractions/<id:infraction_id>/objection/answer/",
        objections.ObjectionAnswerView.as_view(),
        name="objection_answer",
    ),
]

page_urlpatterns = [
    path("infractions/", pages.infraction_list, name="infractions"),
    path("infractions/<id:infraction_id>/objection/", pages.objection, name="objection"),
]
