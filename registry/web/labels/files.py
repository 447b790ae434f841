"""Words for files that people bring: what they are, what was left out of them, where it stood."""

from registry.web.labels.marking import N_

FILES = {
    "file_kind": {
        "bibtex": N_("a bibliography (BibTeX)"),
        "ris": N_("a bibliography (RIS)"),
        "json_resume": N_("a résumé (JSON Resume)"),
        "pdf": N_("a CV (PDF)"),
        "docx": N_("a CV (DOCX)"),
    },
    # What was left out of a draft, on purpose or because it could not be taken.
    "left_out": {
        "birth": N_("The day and month of birth were left out; only the year is kept."),
        "identity": N_("An identity, tax, insurance or account number was left out."),
        "address": N_("A home address was left out."),
        "family": N_("Family members and marital status were left out."),
        "origin": N_("Ethnicity, religion, citizenship or place of birth were left out."),
        "sex": N_("The sex was left out."),
        "references": N_("Other people who speak for you were left out."),
        "pictures": N_("Pictures were not read."),
        "page_numbers": N_("Page numbers were left out."),
        "fields": N_("These parts have no place in a profile and were left out:"),
        "cut": N_("A text was longer than a profile holds, and was cut."),
        "date": N_("A date is impossible; the possible part of it was kept."),
        "id": N_("An identifier is not right, and was left out:"),
        "level": N_("How well a language is spoken was said in words that are not known."),
        "twice": N_("Something stands here twice, and is shown once."),
        "too_many": N_("The file holds more than one draft takes. Split it for the rest."),
        "sections": N_("Items of sections that are not yours to keep were left out."),
    },
    # Words before a number, as in "page 2, line 5".
    "place": {
        "page": N_("page"),
        "line": N_("line"),
        "paragraph": N_("paragraph"),
        "table": N_("table"),
        "row": N_("row"),
        "record": N_("record"),
        "box": N_("text box"),
        "header": N_("header"),
        "footer": N_("footer"),
    },
}
