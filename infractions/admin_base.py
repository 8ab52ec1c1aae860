"""The base class of the admins of the traffic office's registers."""

from typing import Any

from common.admin.deletion import DeletableAdmin
from infractions import services


class RegisterAdmin(DeletableAdmin):
    def delete_row(self, row: Any) -> None:
        services.row_delete(row=row)


def changes(form: Any) -> dict[str, Any]:
    """Returns the cleaned values that differ from the row."""
    return {name: form.cleaned_data[name] for name in form.changed_data}
