"""What people are told when a file of theirs cannot be read: what was found, and what to send.

The texts are English; pages look their translation up by the text itself.
"""

from typing import Final


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation and leave it as it is."""
    return text


THE_FILE: Final = N_("the file")
# What was found.
NOTHING: Final = N_("nothing")
TOO_LARGE: Final = N_("more than 10 MB")
PACKED: Final = N_("a packed file")
OLD_OFFICE: Final = N_("an old or an encrypted office document")
WEB_PAGE: Final = N_("a web page or XML")
BINARY: Final = N_("a binary file, such as a picture")
OTHER_TEXT: Final = N_("text of another kind")
NOT_UTF8: Final = N_("letters that are not UTF-8")
ENCRYPTED_PDF: Final = N_("an encrypted PDF")
DAMAGED_PDF: Final = N_("a damaged PDF")
SLOW_PDF: Final = N_("a PDF that cannot be read in time or within its limits")
MANY_PAGES: Final = N_("more than 150 pages")
SCANNED: Final = N_("pages without text, as a scanner makes them")
LONG_TEXT: Final = N_("more text than a CV has")
DAMAGED_DOCX: Final = N_("a damaged DOCX")
SPREADSHEET: Final = N_("a spreadsheet")
SLIDES: Final = N_("slides")
OPEN_DOCUMENT: Final = N_("an OpenDocument file")
ARCHIVE: Final = N_("an archive of another kind")
SWELLS: Final = N_("more than 64 MB once unpacked")
DOCUMENT_TYPE: Final = N_("a document type, which no DOCX has")
NO_TEXT: Final = N_("no text; perhaps its pages are pictures")
LONG_BIBTEX: Final = N_("more than 4 MB of BibTeX")
NO_ENTRY: Final = N_("no entry")
DAMAGED_BIBTEX: Final = N_("BibTeX that does not hold")
NO_RECORD: Final = N_("no record")
OTHER_JSON: Final = N_("JSON of another kind")
DEEP_JSON: Final = N_("JSON nested or long without end")
# What to send instead.
KNOWN_FORMS: Final = N_("a CV as PDF or DOCX, or a list as BibTeX, RIS or JSON Resume")
SMALLER: Final = N_("at most 10 MB; leave out pictures and copies of certificates")
SAVE_AS_DOCX: Final = N_("a DOCX without a password; open it, save it as .docx, and send that file")
PRINT_TO_PDF: Final = N_("a PDF; print the page into one")
SAVE_AS_UTF8: Final = N_("a file saved as UTF-8")
WITHOUT_PASSWORD: Final = N_("a PDF without a password; save it without one")
SAVE_AGAIN: Final = N_("a PDF or DOCX that opens; save the document again and send that file")
FEWER_PAGES: Final = N_("at most 150 pages; leave out copies of certificates and works")
WITH_TEXT: Final = N_(
    "a PDF with text: export it from the program that it was written in, or have its text "
    "recognised (OCR) first"
)
SHORTER: Final = N_("a shorter document")
DOCX_AGAIN: Final = N_("a DOCX; save the document again as .docx or PDF, and send that file")
NO_PICTURES: Final = N_("a smaller document, without pictures")
DOCUMENT_WITH_TEXT: Final = N_("a document with text")
SPLIT: Final = N_("a smaller file; split it")
BIBTEX_ENTRIES: Final = N_("entries such as @article{key, title = {…}}")
RIS_RECORDS: Final = N_("records from 'TY  - ' to 'ER  - '")
RESUME: Final = N_("the sections of a JSON Resume")
# About a draft.
NO_FILE: Final = N_("Choose a file first.")
DRAFT_OVER: Final = N_(
    "This draft can no longer be used: it is older than 24 hours, or not yours. "
    "Send the file again."
)
DRAFT_TOO_LONG: Final = N_("This file holds too much for one draft. Split it, and send the parts.")
NOTHING_NEW: Final = N_("All that you chose is stated already.")
REFUSED: Final = N_("%(where)s: found %(found)s. Please send: %(expected)s.")
