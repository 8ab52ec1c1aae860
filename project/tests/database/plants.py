"""Statements that break each promise of `manage.py verify`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """SQL that breaks a promise with triggers and foreign keys off, and what `verify` then prints.

    `{book}` stands for the id of the book of the test, and so on. `guard` is the constraint or index that would refuse
    the statement; it is dropped first.
    """

    sql: str
    printed: str
    guard: str = ""


PLANTS = {
    "guards": Plant("DROP INDEX question_by_ranking", "questions_question (guard question_by_ranking, state missing)"),
    "references": Plant("UPDATE scores_score SET user_id = 999999999", "scores_score at"),
    "sequences": Plant("UPDATE questions_question SET id = 900000", "questions_question 900000"),
    "unique_usernames": Plant(
        "UPDATE accounts_user SET username = 'READER' WHERE id = {other}",
        "accounts_user {reader}, {other}",
        "username_unique",
    ),
    "unique_lookalikes": Plant(
        "UPDATE accounts_user SET username_skeleton = 'x' WHERE id IN ({reader}, {other})",
        "accounts_user {reader}, {other}",
        "username_skeleton_unique",
    ),
    "unique_emails": Plant(
        "UPDATE accounts_user SET email = 'Reader@example.org' WHERE id = {other}",
        "accounts_user {reader}, {other}",
        "email_unique",
    ),
    "closed_accounts": Plant(
        "UPDATE accounts_user SET closed_at = now() WHERE id = {other}",
        "accounts_user {other}",
        "closed_account_is_empty",
    ),
    "copies_cover": Plant(
        "UPDATE books_book SET copies = 0 WHERE id = {book}",
        "books_book {book} (copies 0, copies_out 1)",
        "copies_cover_copies_out",
    ),
    "unique_titles": Plant(
        "INSERT INTO books_book (name, author, description, book_type, copies, copies_out)"
        " SELECT upper(name), author, '', book_type, 1, 0 FROM books_book WHERE id = {book}",
        "books_book {book}, ",
        "book_unique",
    ),
    "words_of_books": Plant("UPDATE books_book SET name = 'Xylophone'", "books_book {book} (word xylophone)"),
    "copies_out": Plant(
        "UPDATE rentals_rental SET date_returned = date_rented",
        "books_book {book} (copies_out 1, open_rentals 0)",
    ),
    "one_open_rental": Plant(
        "INSERT INTO rentals_rental (user_id, book_id, book_type, date_rented, date_due)"
        " SELECT user_id, book_id, book_type, now(), now() FROM rentals_rental",
        "rentals_rental {rental}, ",
        "one_open_rental_of_a_book",
    ),
    "balances": Plant(
        "UPDATE rentals_rental SET book_type = 'poem'",
        "rentals_rental {rental} (book_type poem)",
        "rental_book_type_known",
    ),
    "personal_bests": Plant("UPDATE scores_score SET score = 7", "accounts_user {reader} (period all"),
    "unique_plates": Plant(
        "INSERT INTO infractions_vehicle (license_plate, brand, color, owner_id)"
        " SELECT 'aaa 123', brand, color, owner_id FROM infractions_vehicle WHERE id = {vehicle}",
        "infractions_vehicle {vehicle}, ",
        "plate_unique_key,plate_unique",  # and that of the previous release
    ),
    "unique_badges": Plant(
        "INSERT INTO infractions_officer (name, badge_number)"
        " SELECT name, lower(badge_number) FROM infractions_officer",
        "infractions_officer {officer}, ",
        "infractions_officer_badge_number_text",
    ),
    "unique_persons": Plant(
        "INSERT INTO infractions_person (name, email) VALUES ('Bo', 'SELLER@example.org')",
        "infractions_person {seller}, ",
        "person_email_unique,person_email_unique_text",
    ),
    "sales": Plant(
        "UPDATE infractions_vehicle SET owner_id = {seller}",
        "infractions_ownerchange {sale} (sold_to {buyer}, then_of {seller})",
    ),
    "owners_of_infractions": Plant(
        "UPDATE infractions_infraction SET owner_id = {buyer} WHERE id = {infraction}",
        "infractions_infraction {infraction} (owner {buyer}",
    ),
    "upheld_objections": Plant(
        "INSERT INTO infractions_objection (infraction_id, by_id, language, text, created_at, answer, upheld,"
        " answered_at, answered_by_id) SELECT {infraction}, {reader}, 'en', 'x', now(), 'y', true, now(), {reader}",
        "infractions_infraction {infraction}",
    ),
    "question_counts": Plant(
        "UPDATE questions_answer SET value = 1",
        "questions_question {question} (stored [1, 1, 0, 0, 0, 0, 1, 0], counted [1, 1, 0, 1, 0, 0, 0, 0])",
    ),
    "rankings": Plant(
        "UPDATE questions_question SET ranking = 4", "questions_question {question} (ranking 4, formula 25)"
    ),
    "bonuses": Plant(
        "UPDATE questions_question SET created = now() - interval '49 hours'", "questions_question {question} (created"
    ),
    "one_answer": Plant(
        "INSERT INTO questions_answer (question_id, user_id, value, changed)"
        " SELECT question_id, user_id, value, now() FROM questions_answer",
        "questions_answer ",
        "one_answer_of_a_user",
    ),
    "one_vote": Plant(
        "INSERT INTO questions_vote (question_id, user_id, value, changed)"
        " SELECT question_id, user_id, value, now() FROM questions_vote",
        "questions_vote ",
        "one_vote_of_a_user",
    ),
    "words_of_questions": Plant(
        "UPDATE questions_question SET title = 'Xylophones?'", "questions_question {question} (word xylophones)"
    ),
    "unique_serials": Plant(
        "INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at)"
        " SELECT 'twin', model_id, name, note, lower(serial), now(), now() FROM devices_device",
        "devices_device {device}, twin",
    ),
    "history_triggers": Plant("DROP TRIGGER history_update ON books_book", "books_book (trigger history_update"),
    "history_rows": Plant(
        "INSERT INTO rentals_payment (user_id, amount, note, date_paid, recorded_by_id, void_note)"
        " SELECT user_id, amount, note, date_paid, recorded_by_id, void_note FROM rentals_payment",
        "rentals_payment ",
    ),
}
