"""The history of statements that the site does not make, and of transactions."""

from io import StringIO
from threading import Thread

from django.db import connection, transaction
from django.test import TransactionTestCase

from accounts.tests.cast import call, make_user
from books.models import Book
from books.tests.builders import make_book
from project.tests.history.entries import Recorded, sql


class DatabaseTests(TransactionTestCase):
    def test_raw_sql_is_recorded_without_a_door(self) -> None:
        book, recorded = make_book(copies=1), Recorded()
        sql("UPDATE books_book SET copies = 2, times_rented = 9")
        sql("UPDATE books_book SET times_rented = 10")
        sql("UPDATE books_book SET copies = copies")
        sql("DELETE FROM books_book")
        changed, deleted = recorded.acts()
        self.assertEqual(changed, (str(book.pk), "update", {"copies": [1, 2]}))
        self.assertEqual(deleted[:2], (str(book.pk), "delete"))
        self.assertEqual(deleted[2]["copies"], [2, None])
        self.assertEqual(recorded.context(), ("", None, None, ""))

    def test_a_changed_key_is_recorded_under_the_old_one(self) -> None:
        book, recorded = make_book(), Recorded()
        sql("UPDATE books_book SET id = 900000")
        self.assertEqual(recorded.acts(), [(str(book.pk), "update", {"id": [book.pk, 900000]})])

    def test_copy_merge_and_truncate_are_recorded(self) -> None:
        recorded = Recorded()
        connection.ensure_connection()
        with connection.connection.cursor() as cursor:
            cursor.copy_expert("COPY devices_devicemodel FROM STDIN", StringIO("one\ntwo\n"))
        self.assertEqual(recorded.acts(), [("one", "insert", {}), ("two", "insert", {})])
        sql(
            "MERGE INTO devices_devicemodel model USING (VALUES ('three')) AS given (slug) ON model.slug = given.slug"
            " WHEN NOT MATCHED THEN INSERT (slug) VALUES (given.slug)"
        )
        sql("TRUNCATE scores_score")
        self.assertEqual(recorded.acts()[2:], [("three", "insert", {}), ("", "truncate", {})])
        self.assertEqual(recorded.entries()[-1].table_name, "scores_score")

    def test_a_transaction_that_is_rolled_back_leaves_nothing(self) -> None:
        recorded = Recorded()
        with transaction.atomic():
            make_book("Kept")
            with transaction.atomic():
                make_book("Undone")
                transaction.set_rollback(True)
        self.assertEqual(len(recorded.entries()), 1)
        with transaction.atomic():
            make_book("Undone")
            transaction.set_rollback(True)
        self.assertEqual(len(recorded.entries()), 1)

    def test_the_context_holds_after_a_savepoint_that_is_rolled_back(self) -> None:
        recorded = Recorded()
        with transaction.atomic():
            with transaction.atomic():
                make_book("Undone")
                transaction.set_rollback(True)
            make_book("Kept")
        self.assertEqual(recorded.context(), ("command", None, None, ""))

    def test_a_kept_connection_passes_no_context_on(self) -> None:
        book = make_book()
        for write in (book.save, self.save_in_transaction):
            recorded = Recorded()
            Book.objects.filter(pk=book.pk).update(name="By the site")
            write()
            sql("UPDATE books_book SET name = 'By hand'")
            *ours, last = recorded.entries()
            self.assertEqual({entry.door for entry in ours}, {"command"})
            self.assertEqual(last.door, "")

    def save_in_transaction(self) -> None:
        with transaction.atomic():
            Book.objects.update(name="In a transaction")

    def test_concurrent_requests_keep_their_own_context(self) -> None:
        books = [make_book(f"Book {number}") for number in range(2)]
        users = [make_user(f"clerk{number}", is_superuser=True) for number in range(2)]
        recorded = Recorded()

        def write(number: int) -> None:
            path = f"/api/v3/books/{books[number].pk}/"
            for copies in range(2, 8):
                call("PATCH", path, {"copies": copies}, by=users[number])
            connection.close()

        threads = [Thread(target=write, args=[number]) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = [(entry.row_key, entry.user_id) for entry in recorded.entries(Book)]
        self.assertEqual(len(found), 12)
        self.assertEqual({*found}, {(str(books[n].pk), users[n].pk) for n in range(2)})
