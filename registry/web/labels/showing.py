"""Words for what searches and profiles show: evidence, degrees, languages, filters."""

from registry.web.labels.marking import N_

SHOWING = {
    # By what a search was narrowed.
    "run_filter": {
        "residences": N_("Where people live"),
        "countries": N_("Countries"),
        "fields": N_("Fields of work"),
        "groups": N_("Technology groups"),
        "confirmed_within": N_("Confirmed within so many days"),
        "reachability": N_("Reachability"),
        "lives": N_("States of profiles"),
    },
    # One piece of evidence.
    "kind": {
        "work": N_("Publication"),
        "patent": N_("Patent"),
        "project": N_("Project"),
        "award": N_("Award"),
        "post": N_("Post"),
        "biography": N_("Biography"),
    },
    # Headings of a profile, in the order of the page.
    "property": {
        "biography": N_("About"),
        "affiliation": N_("Affiliations"),
        "post": N_("Posts held"),
        "degree": N_("Degrees"),
        "rank": N_("Academic rank"),
        "award": N_("Awards"),
        "work": N_("Publications"),
        "patent": N_("Patents"),
        "project": N_("Projects"),
        "field": N_("Fields of work"),
        "terms": N_("Ways to contribute"),
        "language": N_("Languages"),
        "sector": N_("Sector"),
        "province": N_("Province"),
        "origin": N_("Vietnamese origin"),
        "birth_year": N_("Year of birth"),
        "sex": N_("Sex"),
        "external_id": N_("Identifiers elsewhere"),
        "name": N_("Names"),
        "contact": N_("Contact data"),
    },
    "verification": {
        "claimed": N_("claimed, not checked"),
        "checked": N_("checked"),
        "confirmed": N_("confirmed by the source"),
    },
    "source": {
        "self": N_("the expert"),
        "steward": N_("data steward"),
        "orcid": "ORCID",
        "openalex": "OpenAlex",
        "ministry_list": N_("ministry list"),
        "demo": N_("demonstration data"),
    },
    "life": {
        "lead": N_("found in a source, has not claimed the profile"),
        "invited": N_("invited, has not claimed the profile"),
    },
    "degree": {
        "doctor": N_("Doctorate"),
        "master": N_("Master's degree"),
        "bachelor": N_("Bachelor's degree"),
    },
    "rank": {
        "professor": N_("Professor"),
        "associate_professor": N_("Associate professor"),
    },
    "sector": {
        "science": N_("Science and education"),
        "state": N_("State"),
        "enterprise": N_("Enterprise"),
        "other": N_("Other"),
    },
    "sex": {"female": N_("Female"), "male": N_("Male"), "other": N_("Other")},
    "region": {"north": N_("North"), "central": N_("Centre"), "south": N_("South")},
    "terms": {
        "return": N_("Return to Vietnam"),
        "months_per_year": N_("Some months a year in Vietnam"),
        "remote_advice": N_("Remote advice"),
        "council_seat": N_("A council seat"),
        "mentoring": N_("Mentoring"),
    },
    "level": {
        "native": N_("native"),
        "fluent": N_("fluent"),
        "working": N_("working knowledge"),
        "basic": N_("basic"),
    },
    "patent_status": {
        "filed": N_("filed"),
        "granted": N_("granted"),
        "in_use": N_("in use"),
        "expired": N_("expired"),
    },
    "language": {
        "vi": N_("Vietnamese"),
        "en": N_("English"),
        "fr": N_("French"),
        "de": N_("German"),
        "ru": N_("Russian"),
        "ja": N_("Japanese"),
        "ko": N_("Korean"),
        "zh": N_("Chinese"),
        "es": N_("Spanish"),
        "cs": N_("Czech"),
        "pl": N_("Polish"),
        "und": N_("language not recognised"),
    },
    "line_kind": {"must": N_("required"), "wish": N_("desired")},
    "state": {
        "met": N_("met"),
        "not_met": N_("not met"),
        "no_evidence": N_("no evidence"),
    },
    "facet": {
        "residences": N_("Residence"),
        "groups": N_("Strategic technology group"),
        "fields": N_("Field of research"),
        "countries": N_("Country"),
        "reachability": N_("Reachability"),
        "confirmed_within": N_("Profile confirmed by the person"),
        "lives": N_("State of the profile"),
    },
    # Orders of lists of people.
    "sort": {
        "name": N_("Name"),
        "organisation": N_("Organisation"),
        "country": N_("Country"),
        "confirmed": N_("Last confirmed"),
        "newest": N_("Newest in the registry"),
    },
    # Contacts with a person, as whoever notes them says it.
    "contact": {
        "sent": N_("The person was written to"),
        "replied": N_("The person answered"),
        "bounced": N_("The message came back"),
    },
    # Since the person confirmed his profile.
    "freshness": {
        "year": N_("Within a year"),
        "two_years": N_("One to two years ago"),
        "older": N_("More than two years ago"),
        "never": N_("Never"),
    },
    # What a profile must hold to be of use.
    "part": {
        "name": N_("Name"),
        "affiliation": N_("Affiliation"),
        "field": N_("Field of work"),
        "evidence": N_("Evidence: works, projects, posts and the like"),
        "contact": N_("Contact data"),
    },
}
