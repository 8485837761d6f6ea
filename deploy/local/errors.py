"""The one exception that a person at the command line may meet."""


class StackError(Exception):
    """What went wrong and how to mend it, in one line each."""

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(f"{cause.rstrip('.')}. {cure}")
        self.cause = cause
        self.cure = cure
