"""What is promised about vehicles, their owners and infractions."""

from common.collisions import UniqueRule, unique_text_rule
from common.promises import Promise, rows_of, unique_to_readers
from infractions.plates import PlateKey

BADGES = unique_text_rule("infractions", "Officer", "badge_number")
EMAILS = unique_text_rule("infractions", "Person", "email")
PLATES = UniqueRule("infractions", "Vehicle", ("license_plate",), PlateKey("license_plate"))

# Each sale begins with the buyer of the one before, and the last buyer is the owner.
BROKEN_SALES = """
    SELECT 'infractions_ownerchange ' || id AS row, new_owner_id AS sold_to, next_owner AS then_of
    FROM (
        SELECT change.id, vehicle_id, new_owner_id, coalesce(
            lead(former_owner_id) OVER (PARTITION BY vehicle_id ORDER BY at, change.id), vehicle.owner_id
        ) AS next_owner
        FROM infractions_ownerchange change JOIN infractions_vehicle vehicle ON vehicle.id = vehicle_id
    ) sale WHERE new_owner_id <> next_owner
"""
# The kept owner is the buyer of the last sale that moved the infraction. Without a move it is somebody who has owned
# the vehicle by the time of the infraction. Not always the owner at that time: a sale may be entered later.
WRONG_OWNERS = """
    SELECT 'infractions_infraction ' || infraction.id AS row, infraction.owner_id AS owner,
        moved.new_owner_id AS moved_to
    FROM infractions_infraction infraction
    JOIN infractions_vehicle vehicle ON vehicle.id = infraction.vehicle_id
    LEFT JOIN (
        SELECT DISTINCT ON (infraction_id) infraction_id, new_owner_id
        FROM infractions_infractionmove move JOIN infractions_ownerchange change ON change.id = owner_change_id
        ORDER BY infraction_id, change.at DESC
    ) moved ON moved.infraction_id = infraction.id
    LEFT JOIN (
        SELECT DISTINCT ON (vehicle_id) vehicle_id, former_owner_id FROM infractions_ownerchange ORDER BY vehicle_id, at
    ) first ON first.vehicle_id = vehicle.id
    WHERE infraction.owner_id <> coalesce(moved.new_owner_id, first.former_owner_id, vehicle.owner_id)
        AND (moved.new_owner_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM infractions_ownerchange change
            WHERE change.vehicle_id = vehicle.id AND change.new_owner_id = infraction.owner_id
                AND change.at <= least(infraction.timestamp, infraction.recorded)
        ))
"""
UPHELD = """
    SELECT 'infractions_infraction ' || infraction_id AS row, objection.id AS objection
    FROM infractions_objection objection JOIN infractions_infraction infraction ON infraction.id = infraction_id
    WHERE upheld AND date_voided IS NULL
"""

PROMISES = (
    unique_to_readers("unique_plates", "No two vehicles have the same license plate.", PLATES),
    unique_to_readers("unique_badges", "No two officers have the same badge number.", BADGES),
    unique_to_readers("unique_persons", "No two persons have the same email address.", EMAILS),
    Promise(
        "sales",
        "Every sale follows from the one before, and the last one says who the owner is.",
        rows_of(BROKEN_SALES),
    ),
    Promise(
        "owners_of_infractions",
        "An infraction keeps the owner on file when it was recorded, or has that of its last move.",
        rows_of(WRONG_OWNERS),
    ),
    Promise("upheld_objections", "An infraction is void if an objection to it was upheld.", rows_of(UPHELD)),
)
