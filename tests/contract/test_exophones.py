"""The phone numbers of an account pass the exam."""

from tests.contract.benches import ExoPhonesBench
from tests.contract.exam import Exam


class TestExoPhones(Exam):
    bench = ExoPhonesBench
