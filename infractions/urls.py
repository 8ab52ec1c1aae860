from django.urls import path

from infractions import officers, pages, register, report, views

urlpatterns = [
    path("persons/", register.PersonListView.as_view(), name="persons"),
    path("persons/<id:person_id>/", register.PersonView.as_view(), name="person"),
    path("vehicles/", register.VehicleListView.as_view(), name="vehicles"),
    path("vehicles/<id:vehicle_id>/", register.VehicleView.as_view(), name="vehicle"),
    path("officers/", officers.OfficerListView.as_view(), name="officers"),
    path("officers/<id:officer_id>/", officers.OfficerView.as_view(), name="officer"),
    path("officers/<id:officer_id>/token/", officers.OfficerTokenView.as_view(), name="officer_token"),
    path("infractions/", views.InfractionListView.as_view(), name="infractions"),
    path("infractions/report/", report.ReportView.as_view(), name="infraction_report"),
    path("infractions/<id:infraction_id>/", views.InfractionView.as_view(), name="infraction"),
    path("infractions/<id:infraction_id>/void/", views.InfractionVoidView.as_view(), name="infraction_void"),
]

page_urlpatterns = [
    path("infractions/", pages.infraction_list, name="infractions"),
]
