from django.urls import path

from devices import views

urlpatterns = [
    path("devices/", views.DeviceListView.as_view(), name="devices"),
    path("devices/bulk/", views.DeviceBulkView.as_view(), name="devices_bulk"),
    path("devices/<short_slug:slug>/", views.DeviceView.as_view(), name="device"),
]
