"""What an error says, for one line of a terminal or a log."""


def first_line(error: BaseException) -> str:
    """The first line of its text: what PostgreSQL adds below quotes rows and statements."""
    return str(error).strip().partition("\n")[0]
