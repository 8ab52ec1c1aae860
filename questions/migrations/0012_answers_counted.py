from django.db import migrations

VALUES = range(1, 6)
# One statement, which leaves out questions without answers. Answers that the previous release takes meanwhile are not
# counted by value; `update_daily_ranking --rebuild` counts them.
FILL = """
    UPDATE questions_question AS question
    SET answers_1 = given.n1, answers_2 = given.n2, answers_3 = given.n3, answers_4 = given.n4, answers_5 = given.n5
    FROM (
        SELECT question_id, {counts} FROM questions_answer GROUP BY question_id
    ) AS given
    WHERE given.question_id = question.id
""".format(counts=", ".join(f"count(*) FILTER (WHERE value = {value}) AS n{value}" for value in VALUES))


class Migration(migrations.Migration):
    """Counts the answers of each question by their value."""

    dependencies = [("questions", "0011_newest_of_author")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
