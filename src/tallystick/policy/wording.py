"""One sentence or label in every language of the product."""

from typing import Annotated

import msgspec

Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same words in English and Chinese; neither may be empty."""

    en: Sentence
    zh: Sentence

    def document(self) -> dict[str, str]:
        """Return the words by language code."""
        return {"en": self.en, "zh": self.zh}
