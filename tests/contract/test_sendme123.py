"""The contacts of SendMe123 pass the exam."""

from tests.contract.benches import SendMe123Bench
from tests.contract.exam import Exam


class TestSendMe123(Exam):
    bench = SendMe123Bench
