"""Keywords that the descriptions of OpenAlex topics list (CC0), for works in other words."""

import re
from functools import cache
from typing import Final

from ingest.demo.tables import taxonomy_rows

_LIST_START: Final = re.compile(
    r"(?:such as|including|like|particularly|focus(?:es|ing)? on|covers?|encompass(?:es|ing)?|"
    r"utilizing|involving)\s+(?:topics such as |the |various |methods such as )?",
)
_LEADING: Final = re.compile(
    r"^(?:the|particularly|for|utilizing|advances in|(?:the )?use of|studies on|application of) "
)
_FINITE: Final = re.compile(
    r"\b(is|are|was|has|have|it|its|their|this|these|that|papers?|cluster|research|topics?|to|"
    r"focus\w*|explor\w*|delv\w*|address\w*|aim\w*|cover\w*|with|context|such|including|role)\b"
)


@cache
def topic_keywords() -> dict[str, tuple[str, tuple[str, ...]]]:
    """OpenAlex topic id to its name and the keywords its description lists (3 or more)."""
    found = {}
    for row in taxonomy_rows("openalex_topics.csv.gz"):
        keywords: list[str] = []
        for match in _LIST_START.finditer(row["description"]):
            tail = row["description"][match.end() :].split(".")[0]
            if tail.count(",") < 2:
                continue
            for part in re.split(r",\s*(?:and\s+)?| and (?=[^,]*$)", tail):
                word = _LEADING.sub("", part.strip())
                if 2 <= len(word.split()) <= 5 and not _FINITE.search(word) and "(" not in word:
                    keywords.append(word)
        unique = tuple(dict.fromkeys(keywords))
        if len(unique) >= 3:
            found[row["id_topic"]] = (row["topic"], unique)
    return found
