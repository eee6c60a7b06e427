"""Personal data is found to the character, in English and Chinese, whatever it hides behind; other numbers are left alone."""

import pytest

from hanshuku.data.read import read
from hanshuku.errors import UnknownName
from hanshuku.safety import checksums
from hanshuku.safety.pii import KINDS, find, find_all
from hanshuku.safety.rows import Masker, masked_examples
from hanshuku.tasks import Prediction, Span, Task


def found(text, **options):
    return [(span.label, span.text) for span in find(text, **options)]


@pytest.mark.parametrize(("text", "what"), [
    ("Mail anna.k+1@mail.example.co.uk, please.", ("email", "anna.k+1@mail.example.co.uk")),
    ("Schreib an müller@münchen.example!", ("email", "müller@münchen.example")),
    ("anna (at) example (dot) com", ("email", "anna (at) example (dot) com")),
    ("call (415) 555-0132 ext. 12 now", ("phone", "(415) 555-0132 ext. 12")),
    ("ring 020 7946 0321", ("phone", "020 7946 0321")),
    ("手机号138-0013-8000。", ("phone", "138-0013-8000")),
    ("座机010-62751234转8012", ("phone", "010-62751234转8012")),
    ("身份证11010519491231002X", ("id_number", "11010519491231002X")),
    ("SSN 123-45-6789", ("id_number", "123-45-6789")),
    ("NI number AB 12 34 56 C", ("id_number", "AB 12 34 56 C")),
    ("passport no. X1234567", ("passport", "X1234567")),
    ("card 4539-5787-6362-1486", ("bank_card", "4539-5787-6362-1486")),
    ("IBAN GB29 NWBK 6016 1331 9268 19 OK", ("bank_account", "GB29 NWBK 6016 1331 9268 19")),
    ("from 2001:db8::8a2e:370:7334.", ("ip_address", "2001:db8::8a2e:370:7334")),
    ("block fe80::2aa:ff:fe9a:4ca2 please", ("ip_address", "fe80::2aa:ff:fe9a:4ca2")),
    ("账号DE89370400440532013000收款", ("bank_account", "DE89370400440532013000")),
    ("天津市和平区解放路5号", ("address", "天津市和平区解放路5号")),
    ("it was Sarah Miller's card", ("name", "Sarah Miller")),
    ("postgres://bob:s3cret@db.example.com/x", ("secret", "bob:s3cret")),
    ("密码是Abc123456，", ("secret", "Abc123456")),
    ("车牌粤B·12345违停", ("licence_plate", "粤B·12345")),
    ("born on 12 March 1984 in", ("birth_date", "12 March 1984")),
    ("1990年1月2日出生", ("birth_date", "1990年1月2日")),
    ("I live at 221B Baker Street, London NW1 6XE.", ("address", "221B Baker Street, London NW1 6XE")),
    ("住在北京市海淀区中关村大街27号3号楼501室", ("address", "北京市海淀区中关村大街27号3号楼501室")),
    ("My name is Anna Kowalska and", ("name", "Anna Kowalska")),
    ("我叫李明，你好", ("name", "李明")),
    ("请联系张先生", ("name", "张")),
])  # fmt: skip
def test_each_kind_is_found_exactly(text, what):
    assert found(text) == [what]
    (span,) = find(text)
    assert text[span.start : span.end] == what[1]


@pytest.mark.parametrize("text", [
    "Order number 4539578763621486 is late", "ISBN 978-3-16-148410-0", "version 10.2.14.3", "v2.0.1.9 at 12:30:45", "Unix time 1718000000", "it costs $1,299.00",
    "订单号13812345678没到", "花了13812345678元", "运单号：15912345678", "2024年5月6日下的单", "std::vector and std::map", "666-45-1234", "4539578763621487", "My password is wrong",
    "d41d8cd98f00b204e9800998ecf8427e", "123e4567-e89b-12d3-a456-426614174000", "Coordinates 51.5074, -0.1278", "Dear Customer Support", "Madison Ave", "ratio 1::2", "I am Happy", "我是金卡会员", "老师讲得很好", "3号楼的电梯坏了", "", " ", "😀🎉", "。。。",
])  # fmt: skip
def test_what_only_looks_like_it_is_left_alone(text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["１３８００１３８０００", "138\u200b0013\u200b8000", "l38OOl38OOO", "一三八零零一三八零零零", "١٣٨٠٠١٣٨٠٠٠", "138\u20130013\u20138000", "138\u00a00013\u00a08000"])
def test_full_width_invisible_and_alike_characters_hide_nothing(text):
    (span,) = find(f"我的手机是{text}，谢谢")
    assert (span.label, span.text) == ("phone", text)


def test_a_cyrillic_letter_in_an_address_hides_nothing():
    assert found("mail \u0430nna@example.com") == [("email", "\u0430nna@example.com")]


def test_a_combining_mark_moves_no_place():
    text = "e\u0301 e\u0301 mail a@b.example and ﬁne c@d.example"
    assert [span.text for span in find(text)] == ["a@b.example", "c@d.example"]


def test_kinds_that_are_not_asked_for_are_not_found():
    assert found("a@b.example, +44 20 7946 0958", kinds=("phone",)) == [("phone", "+44 20 7946 0958")]
    with pytest.raises(UnknownName, match="email"):
        find("x", kinds=("mail",))


def test_what_is_allowed_is_not_found():
    assert found("help@shop.example or eve@shop.example or x@y.example", allow=["help@shop.example"]) == [("email", "eve@shop.example"), ("email", "x@y.example")]
    assert found("help@shop.example, eve@SHOP.example, x@y.example", allow=["*@shop.example"]) == [("email", "x@y.example")]


class Capitals:
    """Tags every word that begins with a capital letter."""

    task = Task("tag", labels=("PER", "LOC"))

    def predict_rows(self, rows):
        found = []
        for (text,) in rows:
            places = [(text.index(word), word) for word in text.split() if word[0].isupper()]
            found.append(Prediction(tuple(Span(at, at + len(word), "LOC" if word == "Rome" else "PER", word) for at, word in places)))
        return found


def test_a_tagger_finds_names_that_lists_do_not_know():
    assert found("yesterday Xanthe met Oyelaran in Rome") == []
    assert found("yesterday Xanthe met Oyelaran in Rome", names=Capitals()) == [("name", "Xanthe"), ("name", "Oyelaran")]


def test_a_number_within_a_name_s_span_stays_a_number():
    class All(Capitals):
        def predict_rows(self, rows):
            return [Prediction((Span(0, len(text), "PER", text),)) for (text,) in rows]

    assert ("email", "a@b.example") in found("Ann a@b.example", names=All())


PARTS = ["a", "1", "1 ", "1-", "A b ", "a@", "a.a@b.b.", "李明路街号", "3号", "12 Aa Rd ", "::1", "token is ", "eyJa.", "(", "+1 ", "我叫", "GB29 ", "-----BEGIN PRIVATE KEY----- -"]


@pytest.mark.parametrize("part", PARTS)
def test_a_text_made_to_be_slow_is_read_to_its_end(part):
    """A pattern that tries again and again would not come back from this."""
    assert found(part * 3000 + "。\n mail x@y.example")[-1] == ("email", "x@y.example")


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_megabyte_made_to_be_slow_is_read_to_its_end(part):
    assert found((part * 10**6)[: 10**6] + "。\n mail x@y.example")[-1] == ("email", "x@y.example")


def test_many_texts_are_found_as_one_by_one():
    texts = ["a@b.example", "", "手机13800138000"]
    assert find_all(texts) == [find(text) for text in texts]


@pytest.mark.parametrize(("check", "right", "wrong"), [
    (checksums.luhn, "4539578763621486", "4539578763621487"), (checksums.iban, "DE89370400440532013000", "DE89370400440532013001"), (checksums.chinese_id, "11010519491231002X", "110105194912310021"),
    (checksums.chinese_id, "110105491231002", "110105491331002"), (checksums.verhoeff, "999941057058", "999941057059"), (checksums.hong_kong, "A1234563", "A1234564"), (checksums.taiwan, "A123456789", "A123456788"),
    (checksums.singapore, "S1234567D", "S1234567E"), (checksums.spain, "12345678Z", "12345678A"), (checksums.brazil, "11144477735", "11144477736"), (checksums.nhs, "9434765919", "9434765918"),
    (checksums.ssn, "123456789", "666456789"), (checksums.nino, "AB123456C", "GB123456C"), (checksums.is_card, "378282246310005", "178282246310005"),
])  # fmt: skip
def test_check_digits(check, right, wrong):
    assert check(right) and not check(wrong)


def test_our_own_rows_are_found(request):
    import sys

    sys.path.insert(0, str(request.config.rootpath / "benchmarks"))
    from pii import measure

    for language in ("en", "zh"):
        kinds = measure(language, "all", None, show=False)["kinds"]
        assert kinds["patterned"]["precision"]["value"] > 0.95
        assert kinds["patterned"]["recall"]["value"] > 0.95
    assert set(kinds) == {*KINDS, "patterned", "all"}


def test_a_tagger_that_sees_part_of_a_name_leaves_none_of_it():
    class Firsts:
        task = Task("tag", labels=("PER",))

        def predict_rows(self, rows):
            return [Prediction((Span(text.index("Peter"), text.index("Peter") + 5, "PER", "Peter"),)) for (text,) in rows]

    assert found("customer: Peter O'Neil", names=Firsts()) == [("name", "Peter O'Neil")]


def test_a_tagger_is_asked_once_for_many_rows():
    class Counting:
        task, calls = Task("tag", labels=("PER",)), 0

        def predict_rows(self, rows):
            Counting.calls += 1
            return [Prediction(()) for _ in rows]

    rows = read([{"note": f"row {i}", "more": {"tags": [f"x{i}", "y"]}} for i in range(50)])
    assert len(list(masked_examples(rows, Masker(names=Counting())))) == 50
    assert Counting.calls == 1
