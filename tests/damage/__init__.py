"""The catalogue of damage: what spreadsheets, broken transfers and wrong exports do to the ten files.

catalogue   the entries, and the tools to write them with
form        dates, lines, columns, bytes, quotes, files
content     files of the right form that say something wrong
keys        files in which a key no longer means what it did
amount      files with fewer, more or older records
"""

from damage import amount, content, form, keys
from damage.catalogue import DAMAGE, apply_damage

__all__ = ["DAMAGE", "amount", "apply_damage", "content", "form", "keys"]
