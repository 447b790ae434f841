"""The data core and the service: people, statements, programmes, councils, pages, API, commands."""
