"""The device registry, to look at."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.authentication import current_user
from common.pages import list_form, list_page
from devices.models import Device
from devices.serializers import DeviceParameters


@require_safe
@permission_required("devices.view_device", raise_exception=True)
def device_list(request: HttpRequest) -> HttpResponse:
    """What is wrong with the search stands beside its fields, and nothing is found."""
    form = list_form(request, Device, DeviceParameters)
    if not form.is_valid():
        return render(request, "devices/list.html", {"form": form}, status=400)
    page = list_page(request, Device.objects.defer("search"), form)
    return render(request, "devices/list.html", {"form": form, "page": page})


@require_safe
@permission_required("devices.view_device", raise_exception=True)
def device_detail(request: HttpRequest, slug: str) -> HttpResponse:
    device = get_object_or_404(Device.objects.defer("search"), pk=slug)
    user = current_user(request)
    may_change = user.is_staff and user.has_perm("devices.change_device")  # the back office is for staff
    return render(request, "devices/detail.html", {"device": device, "may_change": may_change})
