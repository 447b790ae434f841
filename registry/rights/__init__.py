"""What people may ask for about their data, and by when it must be done."""
