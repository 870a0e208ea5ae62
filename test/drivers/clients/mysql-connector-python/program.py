"""The program is shared by both ways of the connector."""
import connector  # noqa: F401
