"""The catalogue of damage: what spreadsheets, broken transfers and wrong exports do to the ten files.

catalogue   the entries, and the tools to write them with
form        dates, lines, columns, bytes, quotes, files
content     files of the right form that say something wrong
"""

from damage import content, form
from damage.catalogue import DAMAGE, apply_damage

__all__ = ["DAMAGE", "apply_damage", "content", "form"]
