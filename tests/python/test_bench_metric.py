import pytest

from e2tad.bench.metric import quadratic_accuracy, random_rows
from e2tad.metric import accuracy


@pytest.mark.parametrize(("answer_jitter", "threshold"), [(0, 10), (11, 10), (25, 3)])
def test_the_peer_of_the_benchmark_computes_the_same(answer_jitter, threshold):
    answer, labels = random_rows(300, 1, answer_jitter), random_rows(280, 2, 4)
    expected = accuracy(answer, labels, threshold).accuracy
    assert 0 < expected < 1
    assert quadratic_accuracy(answer, labels, threshold) == expected
