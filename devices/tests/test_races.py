"""Concurrent requests, with real threads and connections."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Any
from unittest.mock import patch

from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.test import TransactionTestCase, tag
from django.utils import timezone

from accounts.tests.cast import call, make_user
from accounts.tests.races import SAFETY_NET_SECONDS, at_once, statuses, wait_until_blocked
from devices.models import Device, DeviceModel
from devices.services import DeviceDraft, device_model_delete, device_update, devices_create, find_existing
from devices.tests.builders import device_body, make_device
from devices.tests.test_devices import LIST

THREADS = 20


class DeviceRaceTests(TransactionTestCase):
    def setUp(self) -> None:
        self.admin = make_user("admin", is_superuser=True)

    def post(self, body: Any, path: str = LIST) -> Any:
        return call("POST", path, body, by=self.admin)

    def call_concurrently(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        """Returns the results of all calls, made by twenty threads."""
        shares = [calls[number::THREADS] for number in range(THREADS)]
        return [answer for share in at_once([partial(self.call_each, share) for share in shares]) for answer in share]

    def call_each(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        return [one() for one in calls]

    def last_number(self) -> int:
        return int(make_device().serial[1:])

    def assert_models_have_devices(self) -> None:
        """Asserts that every model has a device: a refused device creates no model."""
        self.assertFalse(DeviceModel.objects.filter(devices=None).exists())

    @tag("slow")
    def test_five_hundred_requests_get_five_hundred_serials(self) -> None:
        answers = self.call_concurrently([partial(self.post, device_body(f"a{number}")) for number in range(500)])
        self.assertEqual(statuses(answers), {201: 500})
        self.assertEqual(len({answer.json()["serial"] for answer in answers}), 500)

    @tag("slow")
    def test_they_also_do_while_clients_choose_serials_of_the_same_range(self) -> None:
        last = self.last_number()
        for number in (1, 2, 3, 50, 51):
            make_device(serial=f"A{last + number:09}")
        chosen = [
            partial(self.post, device_body(f"c{number}", serial=f"A{last + number:09}")) for number in range(60, 540, 5)
        ]
        counted = [partial(self.post, device_body(f"a{number}")) for number in range(500)]
        calls = [one for number, one in enumerate(counted) for one in (one, *chosen[number : number + 1])]
        answers = self.call_concurrently(calls)
        refused = [answer.json() for answer in answers if answer.status_code != 201]
        self.assertTrue(all(list(answer) == ["serial"] for answer in refused), refused)
        self.assertEqual(Device.objects.filter(slug__startswith="a").count(), 500)
        self.assertEqual(len(answers) - len(refused), Device.objects.count() - 6)

    def test_a_number_that_a_client_is_storing_at_the_moment_is_skipped(self) -> None:
        number = self.last_number() + 1
        answer = self.post_while_storing(f"A{number:09}")
        self.assertEqual((answer.status_code, answer.json()["serial"]), (201, f"A{number + 1:09}"))

    def post_while_storing(self, serial: str) -> Any:
        """Returns the answer to a device without a serial, sent before a transaction with this serial ends."""
        store = partial(make_device, "client", serial=serial)
        return self.call_during(store, partial(self.post, device_body("assigned")))

    def call_during(self, act: Callable[[], Any], second: Callable[[], Any]) -> Any:
        """Returns the answer to a call, which waits for the transaction of the act to end."""
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                act()
                answers = pool.submit(at_once, [second])
                wait_until_blocked(is_over=answers.done)
            [answer] = answers.result(SAFETY_NET_SECONDS)
        return answer

    @tag("slow")
    def test_only_one_of_many_spellings_of_a_serial_is_stored(self) -> None:
        for round_ in range(5):
            spellings = [f"SN{round_}", f"sn{round_}", f"\uff33N{round_}", f"Sn{round_}"] * 5
            bodies = [device_body(f"b{round_}-{n}", serial=serial) for n, serial in enumerate(spellings)]
            made = at_once(
                [partial(self.post, body) for body in bodies[:12]]
                + [partial(self.post, bodies[n : n + 2], LIST + "bulk/") for n in range(12, 20, 2)]
            )
            self.assertLessEqual(set(statuses(made)), {201, 400})
            self.assertEqual(Device.objects.filter(slug__startswith=f"b{round_}").count(), 1)

    def test_an_assigned_number_waits_for_one_that_looks_the_same(self) -> None:
        number = self.last_number() + 1
        answer = self.post_while_storing(f"a{number:09}")
        self.assertEqual((answer.status_code, answer.json()["serial"]), (201, f"A{number + 1:09}"))

    def test_a_changed_serial_waits_for_one_that_looks_the_same(self) -> None:
        one, other = make_device(), make_device()
        change = partial(device_update, device=one, serial="SN1", at=timezone.now())
        patch_other = partial(call, "PATCH", f"{LIST}{other.pk}/", {"serial": "sn1"}, by=self.admin)
        answer = self.call_during(change, patch_other)
        self.assertEqual((answer.status_code, list(answer.json())), (400, ["serial"]))

    @tag("slow")
    def test_only_one_of_many_requests_for_an_id_or_serial_succeeds(self) -> None:
        for name, bodies in {
            "id": [device_body("a", serial=f"S{number}") for number in range(THREADS)],
            "serial": [
                device_body(f"b{number}", serial="SN", deviceModel=f"/devicemodels/{number}") for number in range(20)
            ],
        }.items():
            answers = at_once([partial(self.post, body) for body in bodies])
            self.assertEqual(statuses(answers), {201: 1, 400: THREADS - 1})
            self.assertTrue(all(list(answer.json()) == [name] for answer in answers if answer.status_code == 400))
        self.assert_models_have_devices()

    @tag("slow")
    def test_arrays_in_opposite_order_and_single_devices_do_not_block_each_other(self) -> None:
        rows = [device_body(f"a{n}", serial=f"S{60 - n}", deviceModel=f"/devicemodels/{n % 7}") for n in range(60)]
        crossed = [{**row, "serial": other["serial"]} for row, other in zip(rows, reversed(rows), strict=True)]
        for _ in range(3):
            calls = [partial(self.post, body, LIST + "bulk/") for body in (rows, rows[::-1], crossed, crossed[::-1])]
            calls += [partial(self.post, row) for row in (*rows[:4], *crossed[-4:])]
            answers = at_once(calls)
            self.assertLessEqual(set(statuses(answers)), {201, 400})
            created = [id_ for answer in answers[:4] for id_ in answer.json()["created"]]
            created += [answer.json()["id"] for answer in answers[4:] if answer.status_code == 201]
            self.assertEqual(sorted(created), sorted(device.path for device in Device.objects.all()))
            Device.objects.all().delete()
            DeviceModel.objects.all().delete()

    @tag("slow")
    def test_large_arrays_in_opposite_order_do_not_block_each_other(self) -> None:
        store = partial(devices_create, invalid={}, atomic=False, at=timezone.now())
        for letter, has_serial in (("a", True), ("b", False)):
            drafts = [DeviceDraft(f"{letter}{n}", "m", "A", "-", f"S{n}" if has_serial else None) for n in range(2000)]
            ascending, descending = (partial(store, drafts=dict(enumerate(rows))) for rows in (drafts, drafts[::-1]))
            answers = at_once([ascending, descending, ascending, descending])
            self.assertEqual(sorted(len(stored) for stored, _ in answers), [0, 0, 0, 2000])

    def test_devices_that_exchange_serials_do_not_block_each_other(self) -> None:
        for number in range(6):
            make_device(f"a{number}", serial=f"S{number}")
        for _ in range(3):
            patches = [
                partial(call, "PATCH", f"{LIST}a{number}/", {"serial": f"S{(number + 1) % 6}"}, by=self.admin)
                for number in range(6)
            ]
            self.assertLessEqual(set(statuses(at_once(patches))), {200, 400})

    @tag("slow")
    def test_a_model_that_is_deleted_while_devices_are_added_is_created_again(self) -> None:
        model = DeviceModel(slug="parkster-200")

        def delete() -> None:
            for _ in range(30):
                try:
                    device_model_delete(model=DeviceModel(slug=model.slug))
                except Exception as error:  # noqa: BLE001
                    self.assertEqual(type(error).__name__, "ProtectedError")

        def add(prefix: str) -> list[int]:
            found = []
            for number in range(15):
                found.append(self.post(device_body(f"{prefix}{number}")).status_code)
                Device.objects.filter(slug=f"{prefix}{number}").delete()
            return found

        answers = at_once([delete, delete, *(partial(add, prefix) for prefix in "abcd")])
        self.assertEqual({status for found in answers[2:] for status in found}, {201})

    def test_a_device_that_is_added_during_the_deletion_of_its_model_creates_it_again(self) -> None:
        model, answers = DeviceModel.objects.create(slug="parkster-200"), []

        def add() -> None:
            try:
                answers.append(self.post(device_body("a")).status_code)
            finally:
                connection.close()

        thread = Thread(target=add)

        def add_meanwhile(**kwargs: Any) -> None:  # after the check for devices, before the deletion
            thread.start()
            wait_until_blocked(is_over=lambda: not thread.is_alive())

        pre_delete.connect(add_meanwhile, sender=DeviceModel)
        self.addCleanup(pre_delete.disconnect, add_meanwhile, sender=DeviceModel)
        device_model_delete(model=model)
        thread.join()
        self.assertEqual((answers, Device.objects.get().model), ([201], model))

    def test_a_device_is_stored_if_the_one_with_its_serial_is_deleted_meanwhile(self) -> None:
        old = make_device(serial="SN1")

        def find_after_deletion(drafts: Any) -> Any:
            Device.objects.filter(pk=old.pk).delete()
            return find_existing(drafts)

        with patch("devices.services.find_existing", find_after_deletion):
            self.assertEqual(make_device(serial="SN1"), Device.objects.get())

    def test_changing_and_deleting_a_device_at_once_is_no_error(self) -> None:
        for _ in range(5):
            make_device("a", at=timezone.now())
            change = partial(call, "PATCH", LIST + "a/", {"name": "b", "serial": "S"}, by=self.admin)
            answers = at_once([change, change, partial(call, "DELETE", LIST + "a/", by=self.admin), change])
            self.assertLessEqual(set(statuses(answers)), {200, 204, 404})
