import django.contrib.postgres.search
import django.core.validators
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models import Q

import common.search
import common.text
from common.line_triggers import hold_lines


class Migration(migrations.Migration):
    """Adds what tells editions apart, how often a book was rented, and the order by author.

    The previous release inserts books without these columns. PostgreSQL changes no expression of a generated column, so
    `search` is dropped and added (see 0006_text). Reading and writing books waits until the table is written again.
    """

    dependencies = [("books", "0013_available_lists"), ("common", "0007_lines")]

    operations = [
        migrations.AddField(
            "book", "isbn", models.CharField(blank=True, max_length=13, null=True, verbose_name="ISBN")
        ),
        migrations.AddField(
            "book",
            "publisher",
            models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="publisher"),
        ),
        migrations.AddField(
            "book",
            "year",
            models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(9999),
                ],
                verbose_name="year",
            ),
        ),
        migrations.AddField(
            "book",
            "language",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=3,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z]{2,3}\\Z",
                        "Enter the code of a language in two or three small letters, such as en or es.",
                    )
                ],
                verbose_name="language",
            ),
        ),
        migrations.AddField(
            "book",
            "subjects",
            models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="subjects"),
        ),
        migrations.AddField(
            "book",
            "times_rented",
            models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name="times rented"),
        ),
        migrations.AddConstraint(
            "book",
            models.UniqueConstraint(
                fields=["isbn"],
                name="book_isbn_unique",
                violation_error_message="A book with this ISBN already exists.",
            ),
        ),
        migrations.AddConstraint(
            "book",
            models.CheckConstraint(condition=Q(isbn__regex="^97[89][0-9]{10}$"), name="isbn_has_13_digits"),
        ),
        migrations.AddConstraint(
            "book", models.CheckConstraint(condition=Q(year__range=(1, 9999)), name="year_in_range")
        ),
        migrations.AddConstraint(
            "book",
            models.CheckConstraint(
                condition=Q(language="") | Q(language__regex="^[a-z]{2,3}$"), name="language_is_code"
            ),
        ),
        migrations.RemoveIndex("book", "book_search"),
        migrations.RemoveField("book", "search"),
        migrations.AddField(
            "book",
            "search",
            models.GeneratedField(
                db_persist=True,
                expression=common.search.search_vector(
                    "name", "author", "description", "isbn", "publisher", "subjects"
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddField(
            "book",
            "author_key",
            models.GeneratedField(
                db_persist=True,
                expression=common.text.sort_key("author"),
                output_field=models.CharField(max_length=100),
            ),
        ),
        migrations.AddIndex("book", GinIndex(models.F("search"), name="book_search")),
        hold_lines("books_book", "publisher", "subjects"),
    ]
