"""parquet_pages.py - where the pages of a Parquet file lie: their heads (Thrift's compact protocol), walked."""
import mmap

V2 = 3  # a data page whose levels are not compressed


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def number(data, at):
    value, at = varint(data, at)
    return value >> 1 ^ -(value & 1), at


def value_of(kind, data, at):
    """A value of a compact type that page heads have."""
    if kind in (1, 2):
        return kind == 1, at
    if kind == 3:
        return data[at], at + 1
    if kind in (4, 5, 6):
        return number(data, at)
    if kind == 7:
        return None, at + 8
    if kind == 8:
        length, at = varint(data, at)
        return None, at + length
    if kind == 12:
        return struct(data, at)
    raise ValueError(f"a page head with a value of type {kind}")


def struct(data, at):
    """field -> value, and where it ends."""
    fields, field = {}, 0
    while (byte := data[at]) != 0:
        at += 1
        if byte >> 4:
            field += byte >> 4
        else:
            field, at = number(data, at)
        fields[field], at = value_of(byte & 15, data, at)
    return fields, at + 1


def compressed_parts(path, chunks):
    """(codec, offset, bytes, plain bytes) of what is compressed in each page of the chunks (codec, start, end)."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for codec, at, end in chunks:
            while codec != "uncompressed" and at < end:
                head, at = struct(data, at)
                plain, size = head[2], head[3]
                v2 = head.get(8, {}) if head[1] == V2 else {}
                levels = v2.get(5, 0) + v2.get(6, 0)
                if v2.get(7, True) and size > levels:
                    yield codec, at + levels, size - levels, plain - levels
                at += size
