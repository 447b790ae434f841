"""Who fits what, and why: encoder, indexes, retrieval, scoring, explanation."""
