"""The base of every payload: closed for writers, open for readers."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A fact in the past tense. Readers ignore members that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")
