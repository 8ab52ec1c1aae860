from django.db import migrations

from common.near_functions import add_words


class Migration(migrations.Migration):
    dependencies = [("books", "0008_words_kept")]

    operations = [
        migrations.RunSQL(
            add_words("books_book", "books_book", "name", "author"),
            "DELETE FROM common_listword WHERE list = 'books_book'",
        )
    ]
