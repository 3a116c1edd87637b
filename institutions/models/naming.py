from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.sentences import Sentence


class BilingualName(models.Model):
    """Anything that has a Chinese and an English name and shows the one that the reader wants."""

    name_zh = models.CharField(_("Chinese name"), max_length=128)
    name_en = models.CharField(_("English name"), max_length=128)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return Sentence.found_by(
            lambda: self.name_en if (get_language() or "").startswith("en") else self.name_zh
        )
