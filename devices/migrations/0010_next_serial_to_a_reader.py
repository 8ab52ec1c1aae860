from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION device_next_serial() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    candidate text;
BEGIN
    LOOP
        candidate := 'A' || lpad(nextval('device_serial')::text, 9, '0');
        EXIT WHEN NOT EXISTS (SELECT FROM devices_device WHERE {is_candidate});
    END LOOP;
    RETURN candidate;
END
$$
"""
NEXT_SERIAL = FUNCTION.format(is_candidate="md5(text_key(serial)) = md5(text_key(candidate))")
NEXT_SERIAL_BEFORE = FUNCTION.format(is_candidate="serial = candidate")


class Migration(migrations.Migration):
    """Skips numbers that a client chose in another case or width: `a000000007` is `A000000007` to a reader."""

    dependencies = [("devices", "0009_devices_by_status_and_place")]

    operations = [migrations.RunSQL(NEXT_SERIAL, NEXT_SERIAL_BEFORE)]
