"""What an expert brings himself: a file, read into a draft that he accepts item by item."""
