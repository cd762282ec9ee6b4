"""The campaign address book passes the exam."""

from tests.builders_remote import ContactsBench
from tests.contract.exam import Exam


class TestExotelContacts(Exam):
    bench = ContactsBench
