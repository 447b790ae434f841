"""Sources: each module reads one kind of file into drafts of persons, and knows no tables."""
