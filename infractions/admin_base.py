"""The base class for the admins of persons, vehicles and officers."""

from typing import Any

from common.admin.deletion import DeletableAdmin
from infractions import services


class RegisterAdmin(DeletableAdmin):
    def delete_row(self, row: Any) -> None:
        services.row_delete(row=row)


def changed_values(form: Any) -> dict[str, Any]:
    """Returns the values of a form that differ from the row."""
    return {name: form.cleaned_data[name] for name in form.changed_data}
