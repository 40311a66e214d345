"""case.py - one file, and what it is compared with."""
import dataclasses


@dataclasses.dataclass
class Case:
    name: str  # of the writer and of what is special
    path: str  # a file or a folder
    twin: str = ""  # a file with the same rows: Spark reads that; "": it reads `path`
