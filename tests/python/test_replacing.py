import pytest

from e2tad.files import replacing


def test_the_old_file_stays_until_the_block_ends_well(tmp_path):
    target = tmp_path / "deep" / "a.csv"
    with replacing(target) as part:
        part.write_text("first")
    with pytest.raises(RuntimeError), replacing(target) as part:
        part.write_text("half of the sec")
        raise RuntimeError
    assert target.read_text() == "first"
    assert [path.name for path in target.parent.iterdir()] == ["a.csv"]


def test_a_folder_in_place_of_the_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "here").mkdir()
    with pytest.raises(IsADirectoryError, match=r"expected a file.*here"), replacing(tmp_path / "here"):
        pass


def test_results_are_readable_as_the_umask_says(tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    with replacing(tmp_path / "a") as part:
        part.write_text("x")
    assert (tmp_path / "a").stat().st_mode == plain.stat().st_mode
