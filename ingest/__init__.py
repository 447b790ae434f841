"""From a source to the registry, repeatably: readers, mapping, loading, invented demo people."""
