"""What all pages and JSON routes share: dependencies, errors, limits, languages, templates."""
