"""The campaign address book passes the exam."""

from tests.contract.benches import ContactsBench
from tests.contract.exam import Exam


class TestExotelContacts(Exam):
    bench = ContactsBench
