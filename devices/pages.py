"""The pages of the device registry, which are read-only."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.authentication import current_user
from common.pages import list_form, list_page
from devices.models import Device, DeviceStatus
from devices.serializers import DeviceParameters


@require_safe
@permission_required("devices.view_device", raise_exception=True)
def device_list(request: HttpRequest) -> HttpResponse:
    """Shows the devices that the form of the list finds, or the errors of its fields."""
    form = list_form(request, Device, DeviceParameters)
    context = {"form": form, "statuses": DeviceStatus.choices}
    if not form.is_valid():
        return render(request, "devices/list.html", context, status=400)
    page = list_page(request, Device.objects.without_search_vector(), form)
    return render(request, "devices/list.html", {**context, "page": page})


@require_safe
@permission_required("devices.view_device", raise_exception=True)
def device_detail(request: HttpRequest, slug: str) -> HttpResponse:
    device = get_object_or_404(Device.objects.without_search_vector(), pk=slug)
    user = current_user(request)
    may_change = user.is_staff and user.has_perm("devices.change_device")  # only staff may open the back office
    return render(request, "devices/detail.html", {"device": device, "may_change": may_change})
