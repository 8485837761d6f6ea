"""Names of firms as they are written, and how far two agree."""

import pytest

from job_orders.organisations.matching.firm_names import (
    NameLevel,
    compare_firm_names,
    read_firm_name,
)

EQUAL, SIMILAR, OTHER = NameLevel.EQUAL, NameLevel.SIMILAR, NameLevel.OTHER
COMMON, ONE_WORD = NameLevel.EQUAL_OF_COMMON_WORDS, NameLevel.ONE_WORD_IN_COMMON


@pytest.mark.parametrize(
    ("written", "words"),
    [
        # Indonesia.
        ("PT Rimba Selaras", "RIMBA SELARAS"),
        ("P.T. Rimba Selaras", "RIMBA SELARAS"),
        ("P. T. RIMBA SELARAS Tbk.", "RIMBA SELARAS"),
        ("Rimba Selaras, PT", "RIMBA SELARAS"),
        ("PT. Rimba Selaras (Persero) Tbk", "RIMBA SELARAS"),
        ("PT (Persero) Rimba Selaras", "RIMBA SELARAS"),
        ("CV. Rimba Selaras", "RIMBA SELARAS"),
        ("UD Rimba Selaras", "RIMBA SELARAS"),
        ("Koperasi Rimba Selaras", "RIMBA SELARAS"),
        # Malaysia, Singapore, Brunei.
        ("Rimba Selaras Sdn Bhd", "RIMBA SELARAS"),
        ("Rimba Selaras Sdn. Bhd.", "RIMBA SELARAS"),
        ("RIMBA SELARAS (M) SDN BHD", "RIMBA SELARAS"),
        ("Rimba Selaras Sendirian Berhad", "RIMBA SELARAS"),
        ("Rimba Selaras Berhad", "RIMBA SELARAS"),
        ("Rimba Selaras Pte Ltd", "RIMBA SELARAS"),
        ("Rimba Selaras (S) Pte. Ltd.", "RIMBA SELARAS"),
        ("Rimba Selaras PLT", "RIMBA SELARAS"),
        ("Rimba Selaras Holdings Bhd", "RIMBA SELARAS"),
        # Hong Kong, Taiwan, Japan, Korea.
        ("Rimba Selaras Company Limited", "RIMBA SELARAS"),
        ("Rimba Selaras Co., Ltd.", "RIMBA SELARAS"),
        ("RIMBA SELARAS CO LTD", "RIMBA SELARAS"),
        ("Rimba Selaras K.K.", "RIMBA SELARAS"),
        ("Kabushiki Kaisha Rimba", "RIMBA"),
        ("山田製作所株式会社", "山田製作所"),
        ("㈱山田製作所", "山田製作所"),
        ("大同有限公司", "大同"),
        ("大同股份有限公司", "大同"),
        # The Gulf and the Levant.
        ("Rimba Selaras LLC", "RIMBA SELARAS"),
        ("Rimba Selaras L.L.C.", "RIMBA SELARAS"),
        ("Rimba Selaras W.L.L.", "RIMBA SELARAS"),
        ("Rimba Selaras WLL", "RIMBA SELARAS"),
        ("Rimba Selaras Est.", "RIMBA SELARAS"),
        ("Rimba Selaras Trading Est", "RIMBA SELARAS"),
        ("Rimba Selaras FZ-LLC", "RIMBA SELARAS"),
        ("Rimba Selaras S.A.L.", "RIMBA SELARAS"),
        ("شركة النور ذ.م.م", "النور"),
        # Elsewhere.
        ("Rimba Selaras GmbH", "RIMBA SELARAS"),
        ("Rimba Selaras Sp. z o.o.", "RIMBA SELARAS"),
        ("Rimba Selaras Pty Ltd", "RIMBA SELARAS"),
        ("Rimba Selaras Inc.", "RIMBA SELARAS"),
        ("Rimba Selaras Group of Companies", "RIMBA SELARAS"),
        # Punctuation, small words, shortenings.
        ("Rimba & Selaras", "RIMBA SELARAS"),
        ("Rimba dan Selaras", "RIMBA SELARAS"),
        ("“Rimba” - Selaras!", "RIMBA SELARAS"),
        ("Rimba Int'l Svcs", "RIMBA INTERNATIONAL SERFICE"),
        ("Rimba Internasional Services", "RIMBA INTERNATIONAL SERFICE"),
        ("A.B.C. Trading", "ABC TRADING"),
        # Old and new orthography.
        ("Djaja Soekses", "JAIA SUKSES"),
        ("Jaya Sukses", "JAIA SUKSES"),
        ("Tjitra", "CITRA"),
    ],
)
def test_a_name_is_read_without_its_legal_form(written: str, words: str) -> None:
    name = read_firm_name(written)
    expected = read_firm_name(words)
    assert name is not None
    assert expected is not None
    assert name.words == expected.words
    assert len(name.words) == len(words.split())


@pytest.mark.parametrize("written", ["", "   ", "...", None])
def test_what_is_no_name_has_no_form(written: str | None) -> None:
    assert read_firm_name(written) is None


@pytest.mark.parametrize("written", ["PT", "Sdn Bhd", "Company", "CO LTD", "Group Holdings"])
def test_a_name_of_legal_forms_alone_keeps_something(written: str) -> None:
    assert read_firm_name(written) is not None


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [
        ("PT Rimba Selaras", "Rimba Selaras Sdn Bhd", EQUAL),
        ("PT Rimba Selaras", "PT Selaras Rimba", EQUAL),
        ("PT Rimba Selaras", "PT Rimbaselaras", EQUAL),
        ("Al-Zahrani Recruitment Est", "Alzahrani Recruitment Office", ONE_WORD),
        ("Al-Zahrani Recruitment Est", "Al Zahrani Recruitment", EQUAL),
        ("PT Djaja Oetama", "PT Jaya Utama", COMMON),
        ("PT Maju Jaya", "PT Jaya Maju Mandiri", OTHER),
        ("PT Maju Jaya", "CV Maju Jaya", COMMON),
        ("PT Rimba Selaras", "PT Rimba Selaras Mandiri", SIMILAR),
        ("PT Rimba Selaras Jaya", "PT Rimba Selaras Abadi", SIMILAR),
        ("PT Rimba Selaras", "PT Rimba Selaris", SIMILAR),
        ("PT Rimba Selaras", "PT Rimab Selaras", EQUAL),
        ("PT Rimba Jaya", "PT Rimba Abadi", ONE_WORD),
        ("PT Rimba Selaras", "PT Rimba Kencana", ONE_WORD),
        ("PT Sumber Makmur Indonesia", "PT SMI", ONE_WORD),
        ("PT Rimba Selaras", "PT Kencana Wungu", OTHER),
        ("PT Graha Mandiri Jaya", "PT Graha Mandiri Utama", OTHER),
        ("PT Rawa", "PT Rawi", OTHER),
        ("PT Karunia 88", "PT Karunia 89", ONE_WORD),
        (None, "PT Rimba", NameLevel.UNKNOWN),
    ],
)
def test_two_names_agree_so_far(ours: str | None, theirs: str, level: NameLevel) -> None:
    one, other = read_firm_name(ours), read_firm_name(theirs)
    assert compare_firm_names(one, other) is level
    assert compare_firm_names(other, one) is level


def test_one_word_in_common_makes_names_alike_where_few_have_it() -> None:
    one, other = read_firm_name("PT Rimba Jaya"), read_firm_name("PT Rimba Abadi")
    assert compare_firm_names(one, other, rare_words={"RIMBA"}) is SIMILAR
    assert compare_firm_names(one, other, rare_words={"JAIA"}) is ONE_WORD
