"""The names on the admin."""

from django.contrib import admin

admin.site.site_title = admin.site.site_header = "Town hall"
admin.site.index_title = "Back office"
