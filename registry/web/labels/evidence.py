"""Words for what speaks for two profiles being of one person, by level of agreement."""

from registry.web.labels.marking import N_

EVIDENCE = {
    "evidence": {
        "the same name, 11 bits or more": N_("the same name, 11 bits or more"),
        "the same name, 7 bits or more": N_("the same name, 7 bits or more"),
        "the same name, -2 bits or more": N_("the same name, -2 bits or more"),
        "names agree, 18 bits or more": N_("names agree, 18 bits or more"),
        "names agree, 14 bits or more": N_("names agree, 14 bits or more"),
        "names agree, 11 bits or more": N_("names agree, 11 bits or more"),
        "names agree, 8 bits or more": N_("names agree, 8 bits or more"),
        "names agree, 5 bits or more": N_("names agree, 5 bits or more"),
        "names agree, 2 bits or more": N_("names agree, 2 bits or more"),
        "names agree, -2 bits or more": N_("names agree, -2 bits or more"),
        "names differ": N_("names differ"),
        "the same ORCID iD": N_("the same ORCID iD"),
        "different ORCID iDs": N_("different ORCID iDs"),
        "the same address": N_("the same address"),
        "different addresses": N_("different addresses"),
        "born on the same day": N_("born on the same day"),
        "one sign of the day of birth differs": N_("one sign of the day of birth differs"),
        "born in the same year": N_("born in the same year"),
        "years of birth one apart": N_("years of birth one apart"),
        "born in different years": N_("born in different years"),
        "the same organisation": N_("the same organisation"),
        "organisations share half of their words": N_("organisations share half of their words"),
        "organisations share a word": N_("organisations share a word"),
        "different organisations": N_("different organisations"),
        "the same place": N_("the same place"),
        "different places": N_("different places"),
        "three common co-authors or more": N_("three common co-authors or more"),
        "two common co-authors": N_("two common co-authors"),
        "one common co-author": N_("one common co-author"),
        "no common co-author": N_("no common co-author"),
        "a common topic": N_("a common topic"),
        "no common topic": N_("no common topic"),
        "the source was asked about this person by an id of his profile": N_(
            "the source was asked about this person by an id of his profile"
        ),
        "the source has made their ids one": N_("the source has made their ids one"),
        "before anything is known": N_("before anything is known"),
        "names": N_("names"),
    },
}
