"""What the stand-in says when Redshift would refuse."""


class Refused(Exception):
    """An error for the client. `sqlstate` as PostgreSQL numbers them; `detail` may be empty."""

    def __init__(self, message: str, sqlstate: str = "XX000", detail: str = "") -> None:
        super().__init__(message)
        self.message, self.sqlstate, self.detail = message, sqlstate, detail
