"""shape.py - a script and what its last statement must answer."""
import dataclasses

TOO_COMPLEX = "FAILED_TO_PARSE_TOO_COMPLEX"


@dataclasses.dataclass
class Shape:
    name: str
    statements: list  # of SQL
    rows: list = None  # of the last one, as text; None: it must fail
    condition: str = ""
