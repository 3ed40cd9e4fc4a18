from dataclasses import fields

from protocol.hours import ContactType, EntryState, PairKind, Standing
from server.reports.labels import ENGLISH, LABELS, SPANISH, ReportLabels


def test_every_word_of_the_log_has_words_in_every_language() -> None:
    for labels in LABELS.values():
        assert set(labels.contact_types) == set(ContactType)
        assert set(labels.states) == set(EntryState)
        assert set(labels.pair_kinds) == set(PairKind)
        assert set(labels.standings) == set(Standing)


def test_nothing_is_left_in_english() -> None:
    same = {
        field.name for field in fields(ReportLabels) if getattr(ENGLISH, field.name) == getattr(SPANISH, field.name)
    }
    assert same == {"total"}
