"""Fields of research, strategic technologies, countries and organisations."""
