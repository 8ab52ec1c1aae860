from django.urls import path

from devices import pages, views

urlpatterns = [
    path("devices/", views.DeviceListView.as_view(), name="devices"),
    path("devices/bulk/", views.DeviceBulkView.as_view(), name="devices_bulk"),
    path("devices/<short_slug:slug>/", views.DeviceView.as_view(), name="device"),
    path("devicemodels/", views.DeviceModelListView.as_view(), name="device_models"),
]

page_urlpatterns = [
    path("devices/", pages.device_list, name="devices"),
    path("devices/<short_slug:slug>/", pages.device_detail, name="device"),
]
