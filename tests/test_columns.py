"""Headers → contact fields: by config, name, alias or memory; near-names are only proposed."""

from __future__ import annotations

import pytest

from syncjob.columns import field_of, match, propose
from syncjob.errors import SourceError

GOOGLE_OLD = ["Name", "Given Name", "Family Name", "E-mail 1 - Type", "E-mail 1 - Value", "E-mail 2 - Value"]
GOOGLE_OLD += ["Phone 1 - Type", "Phone 1 - Value", "Phone 2 - Type", "Phone 2 - Value", "Organization 1 - Name"]
GOOGLE_NEW = ["First Name", "Middle Name", "Last Name", "Organization Name", "Labels", "E-mail 1 - Label"]
GOOGLE_NEW += ["E-mail 1 - Value", "Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Value"]
OUTLOOK = ["Title", "First Name", "Last Name", "Company", "Business Fax", "Business Phone", "Home Phone"]
OUTLOOK += ["Mobile Phone", "Assistant's Phone", "E-mail Address", "E-mail 2 Address", "E-mail Display Name"]
HUBSPOT = ["Record ID", "First Name", "Last Name", "Email", "Phone Number", "Mobile Phone Number", "Company Name"]
SALESFORCE = ["FirstName", "LastName", "Account Name", "Email", "Phone", "MobilePhone", "HomePhone"]
ZOHO = ["Salutation", "First Name", "Last Name", "Account Name", "Email", "Phone", "Mobile", "Secondary Email"]
MAILCHIMP = ["Email Address", "First Name", "Last Name", "Phone Number", "Address", "MEMBER_RATING", "Tags"]


def fed(headers: list[str], **config: str) -> dict[str, str]:
    """Header → field."""
    return {headers[at]: target for at, target in match(headers, config).field_of.items()}


@pytest.mark.parametrize(
    ("headers", "phone", "email", "company"),
    [
        (GOOGLE_OLD, "Phone 1 - Value", "E-mail 1 - Value", "Organization 1 - Name"),
        (GOOGLE_NEW, "Phone 1 - Value", "E-mail 1 - Value", "Organization Name"),
        (OUTLOOK, "Mobile Phone", "E-mail Address", "Company"),
        (HUBSPOT, "Mobile Phone Number", "Email", "Company Name"),
        (SALESFORCE, "MobilePhone", "Email", "Account Name"),
        (ZOHO, "Mobile", "Email", "Account Name"),
        (MAILCHIMP, "Phone Number", "Email Address", None),
    ],
)
def test_the_exports_of_common_programs_map_by_themselves(headers, phone, email, company):
    found = {target: header for header, target in fed(headers).items()}
    assert (found["number"], found["email"], found.get("company_name")) == (phone, email, company)
    assert {"first_name", "last_name"} <= set(found)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("number", "number"),
        ("  NUMBER* ", "number"),
        ("Mob. No.", "number"),
        ("Contact\u00a0no:", "number"),
        ("WhatsApp Number", "number"),
        ("Mobile No. (required)", "number"),
        ("phone_number", "number"),
        ("मोबाइल नंबर", "number"),
        ("Téléphone", "number"),
        ("Prénom", "first_name"),
        ("PRENOM", "first_name"),
        ("E-Mail-Adresse", "email"),
        ("first-name", "first_name"),
        ("custom_field", "custom_field"),
        ("custom_field.City", "custom_field.City"),
        ("Custom Field. loyalty . level", "custom_field.loyalty.level"),
        ("custom_field..x", None),
        ("Name", None),
        ("Full Name", None),
        ("Phone 1 - Type", None),
        ("Phone 1 - Label", None),
        ("Business Fax", None),
        ("", None),
        ("***", None),
    ],
)
def test_a_header_names_a_field_in_any_dress(header: str, field: str | None):
    assert field_of(header) == field


def test_of_several_phone_columns_the_mobile_one_is_used_and_it_is_said():
    found = match(["Home Phone", "Phone", "Mobile", "WhatsApp"], {}, letters="ABCD")
    assert found.field_of == {2: "number"}
    assert found.unmapped == (0, 1, 3)
    assert 'number is read from column C "Mobile"' in found.notes[0]


def test_the_config_decides_between_columns_and_ignores_what_it_says():
    headers = ["Mobile", "Phone", "Email", "Work Email", "Notes"]
    found = match(headers, {"phone": "number", "WORK EMAIL": "email", "Notes": "ignore"})
    assert found.field_of == {1: "number", 3: "email"}
    assert found.how == {1: "config", 3: "config"}
    assert found.unmapped == (0, 2)


def test_the_fields_own_name_beats_other_phone_columns():
    found = match(["Mobile", "number"], {})
    assert (found.field_of, found.how) == ({1: "number"}, {1: "name"})


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        (["Mobile", "Email", "E-mail Address"], ['"Email"', '"E-mail Address"', "stand for email"]),
        (["Mobile", "Mobile No"], ['"Mobile"', '"Mobile No"', "Mobile No: ignore"]),
        (["Phone", "Phone"], ['column A "Phone" and column B "Phone"', "another header"]),
        (["Mobile", "custom_field.a", "custom_field.a.b"], ["custom_field.a can't hold a text and custom_field.a.b"]),
    ],
)
def test_two_columns_on_one_field_are_an_error_that_names_both(headers: list[str], names: list[str]):
    with pytest.raises(SourceError) as caught:
        match(headers, {}, letters="ABC", place="leads.csv")
    assert caught.value.code == "source_unmapped"
    assert all(name in str(caught.value) for name in ["leads.csv", *names])


def test_a_configured_header_that_is_absent_is_named_with_what_is_there():
    with pytest.raises(SourceError) as caught:
        match(["Mobile", "Loyalty points"], {"Loyalty point": "custom_field.loyalty", "Zone": "tag"})
    told = str(caught.value)
    assert '"Loyalty point" that is not there (there are: "Mobile", "Loyalty points"). Did you mean' in told
    assert '"Zone" that is not there' in told
    assert caught.value.exit_code == 4


def test_a_missing_number_column_says_the_line_to_add():
    with pytest.raises(SourceError) as caught:
        match(["Guest: phone nmber", "Email"], {})
    assert caught.value.advice == 'Add to the config:\ncolumns:\n  "Guest: phone nmber": number'
    with pytest.raises(SourceError, match='there are: "Wer", "Wo"'):
        match(["Wer", "Wo", "sync_number"], {})


def test_near_names_are_proposed_and_never_used():
    found = match(["Mobile", "Fisrt Name", "Guest E-mail Address", "Order number", "Company size"], {})
    assert found.field_of == {0: "number"}
    assert found.proposed == {1: "first_name", 2: "email"}
    assert found.unmapped == (1, 2, 3, 4)


def test_a_field_that_is_fed_already_is_not_proposed_again():
    assert match(["Mobile", "Mobil numbr", "Email", "Emial"], {}).proposed == {}


def test_proposals_can_be_asked_for_before_anything_is_refused():
    assert propose(["Mobil numbr", "Emial"], {"Zone": "tag"}) == {0: "number", 1: "email"}


def test_what_a_person_confirmed_once_counts_but_gives_way_to_names():
    remembered = {"Rufnr. Gast": "number", "Segment": "tag", "Junk": "ignore"}
    found = match(["rufnr gast", "Segment", "Junk"], {}, remembered)
    assert found.field_of == {0: "number", 1: "tag"}
    assert found.how[0] == "remembered"
    assert found.unmapped == ()
    assert match(["Rufnr. Gast", "Phone"], {}, remembered).field_of == {1: "number"}


def test_our_own_columns_and_columns_without_a_header_feed_nothing():
    found = match(["sync_number", "Mobile", "", "sync_row"], {}, unmapped="custom_field")
    assert found.field_of == {1: "number"}
    assert found.unmapped == (2,)


def test_unmapped_columns_can_become_custom_fields():
    headers = ["Mobile", "Loyalty points (2024)", "Home Phone", "loyalty-points 2024", "शहर", "a.b"]
    found = match(headers, {}, unmapped="custom_field")
    kept = [target.removeprefix("custom_field.") for at, target in found.field_of.items() if at]
    assert kept == ["Loyalty_points_2024", "Home_Phone", "loyalty_points_2024_2", "शहर", "a_b"]
    assert found.unmapped == ()


def test_unmapped_columns_can_be_an_error_with_the_lines_to_add():
    with pytest.raises(SourceError) as caught:
        match(["Mobile", "City", "Zone: x"], {}, unmapped="error")
    assert caught.value.advice.endswith('columns:\n  City: ignore\n  "Zone: x": ignore')


def test_another_key_is_found_by_its_own_names_and_phones_mean_nothing():
    found = match(["Mobile", "Contact ID", "Email"], {}, key="contact_id")
    assert found.field_of == {1: "number", 2: "email"}
    assert match(["which"], {"which": "exophone_sid"}, key="exophone_sid").field_of == {0: "number"}
    with pytest.raises(SourceError, match="no column holds the exophone_sid"):
        match(["Mobile"], {}, key="exophone_sid")
