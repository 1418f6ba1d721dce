"""What the endurance test counts as paid too often, and what not."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "torture"))
from paid_vendor import Ledger  # noqa: E402


class Judgements(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger(may_lack_copies=("evicted",))

    def pay(self, phase, replica, lost=False):
        self.ledger.phase = phase
        self.ledger.end(self.ledger.begin("a text", replica), lost)

    def assertCounts(self, excess, without_copy):
        self.assertEqual((len(self.ledger.excess()), self.ledger.without_copy()),
                         (excess, without_copy))

    def test_a_second_call_is_one_too_many(self):
        self.pay("well", 0)
        self.assertCounts(0, 0)
        self.pay("well", 1)
        self.assertCounts(1, 0)

    def test_a_lost_answer_may_be_paid_for_again_once(self):
        self.pay("killed", 0, lost=True)
        self.pay("killed", 1)
        self.assertCounts(0, 0)
        self.pay("killed", 2)
        self.assertCounts(1, 0)

    def test_who_has_no_copy_of_what_was_evicted_may_pay(self):
        self.pay("well", 0)
        self.pay("evicted", 1)
        self.assertCounts(0, 1)
        self.pay("evicted", 0)
        self.assertCounts(1, 1)

    def test_a_lost_answer_left_no_copy(self):
        self.pay("killed", 2, lost=True)
        self.pay("full", 1)
        self.pay("evicted", 2)
        self.assertCounts(0, 1)


if __name__ == "__main__":
    unittest.main()
