import django.contrib.postgres.search
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

import common.search
import common.text
from common.collisions import require_unique_text


class Migration(migrations.Migration):
    """Searches and sorts books without regard to case and accents, and keeps name and author together unique.

    PostgreSQL changes no expression of a generated column, so `search` is dropped and added. Its name stays, and the
    previous release, which only searches with it, finds words without accents until it stops.
    """

    dependencies = [("books", "0005_too_few_copies_message"), ("common", "0003_text_functions")]

    operations = [
        require_unique_text("books", "Book", "name", "author"),
        migrations.RemoveIndex("book", "book_search"),
        migrations.RemoveField("book", "search"),
        migrations.AlterField("book", "name", models.CharField(max_length=200, verbose_name="name")),
        migrations.AlterField("book", "author", models.CharField(max_length=1000, verbose_name="author")),
        migrations.AddField(
            "book",
            "search",
            models.GeneratedField(
                db_persist=True,
                expression=common.search.search_vector("name", "author", "description"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddField(
            "book",
            "sort_key",
            models.GeneratedField(
                db_persist=True,
                expression=common.text.sort_key("name"),
                output_field=models.CharField(max_length=100),
            ),
        ),
        migrations.AlterModelOptions(
            "book", {"ordering": ["sort_key", "id"], "verbose_name": "book", "verbose_name_plural": "books"}
        ),
        migrations.AddIndex("book", GinIndex(models.F("search"), name="book_search")),
        migrations.AddConstraint(
            "book",
            models.UniqueConstraint(
                common.text.unique_text("name", "author"),
                name="book_unique",
                violation_error_message="A book with this name and author already exists.",
            ),
        ),
    ]
