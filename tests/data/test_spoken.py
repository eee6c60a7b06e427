"""Which language texts are written in."""

from __future__ import annotations

import pytest

from hanshuku.data.spoken import spoken_in
from hanshuku.tasks.languages import LANGUAGES, LANGUAGES_ZH, language_called

TEXTS = {
    "en": ("Two men are standing outside.", "She said that it was late."), "de": ("Zwei Männer stehen im Freien.", "Ich habe das Paket nicht bekommen."),
    "fr": ("Deux hommes sont dehors.", "Je n'ai pas reçu le colis."), "es": ("Dos hombres están fuera.", "No he recibido el paquete."),
    "it": ("Due uomini sono fuori.", "Non ho ricevuto il pacco."), "pt": ("Dois homens estão lá fora.", "Não recebi o pacote."),
    "nl": ("Twee mannen staan buiten.", "Ik heb het pakket niet gekregen."), "pl": ("Dwóch mężczyzn stoi na zewnątrz.", "Nie dostałem paczki."),
    "cs": ("Dva muži stojí venku.", "Balík jsem nedostal."), "tr": ("İki adam dışarıda duruyor.", "Paketi almadım ama bekliyorum."),
    "vi": ("Hai người đàn ông đang đứng ở ngoài.",), "sv": ("Två män står utomhus.", "Jag har inte fått paketet."),
    "da": ("Hvad er klokken, og hvor blev du af?",), "no": ("Hva er klokka, og hvor ble du av?",), "fi": ("Kaksi miestä seisoo ulkona.", "En ole saanut pakettia."),
    "ro": ("Doi bărbați stau afară.", "Nu am primit pachetul."), "hu": ("Két férfi áll kint.", "Nem kaptam meg a csomagot."),
    "id": ("Dua orang pria berdiri di luar.",), "ru": ("Двое мужчин стоят на улице.",), "uk": ("Я не отримав посилку, де вона є?",), "bg": ("Не съм получил пратката.",),
    "ja": ("外に二人の男が立っています。",), "ko": ("두 남자가 밖에 서 있다.",), "zh": ("两个男人站在外面。", "包裹還沒到。"), "ar": ("رجلان يقفان في الخارج.",),
    "fa": ("پنجره باز است.",), "el": ("Δύο άνδρες στέκονται έξω.",), "he": ("שני גברים עומדים בחוץ.",), "hi": ("दो आदमी बाहर खड़े हैं।",), "th": ("ชายสองคนยืนอยู่ข้างนอก",),
}  # fmt: skip


@pytest.mark.parametrize("code", LANGUAGES)
def test_two_short_sentences_tell_a_language(code):
    assert spoken_in(TEXTS[code]) == code


@pytest.mark.parametrize("texts", [(), ("",), ("123 :-)",), ("xqz vvk prr",), ("Kitabu hiki kimepotea nyumbani kwangu",)])
def test_nothing_is_said_where_nothing_tells(texts):
    assert spoken_in(texts) == ""


def test_english_names_in_chinese_text_do_not_make_it_english():
    assert spoken_in(["我在 GitHub 上看到了 Python 的新版本"]) == "zh"


@pytest.mark.parametrize(("name", "code"), [
    ("de", "de"), ("German", "de"), ("deutsch", "de"), ("zh-CN", "zh"), ("zh_Hans", "zh"), ("pt_BR", "pt"), ("cmn", "zh"), ("eng_Latn", "en"), ("英语", "en"), ("label", ""), ("text", ""),
])  # fmt: skip
def test_codes_and_names_of_languages_are_known(name, code):
    assert language_called(name) == code


def test_every_language_has_a_name_in_english_and_chinese():
    assert LANGUAGES.keys() == LANGUAGES_ZH.keys() and all(name.endswith("文") for name in LANGUAGES_ZH.values())
