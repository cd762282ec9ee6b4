"""A list of the campaign address book passes the exam."""

from tests.contract.bench_list import ListBench
from tests.contract.exam import Exam


class TestExotelList(Exam):
    bench = ListBench
