"""Vietnamese written before Unicode, or damaged on the way here: told apart, decoded. Pure."""
