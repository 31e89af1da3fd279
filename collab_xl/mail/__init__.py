"""The project's mailbox: reading it. The only part of the product that talks to a mail server."""
