"""The names on the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

admin.site.site_title = admin.site.site_header = _("Town hall")
admin.site.index_title = _("Back office")
