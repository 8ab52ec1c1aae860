from django.db import migrations

from common.near_functions import add_words


class Migration(migrations.Migration):
    dependencies = [("questions", "0007_words_kept")]

    operations = [
        migrations.RunSQL(
            add_words("questions_question", "questions_question", "title"),
            "DELETE FROM common_listword WHERE list = 'questions_question'",
        )
    ]
