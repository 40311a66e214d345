"""best.py - Vonk beside the best of its peers, query by query."""
import measure

LEAST = 0.0005  # seconds: below, one clock tick decides


def candidates(engines):
    """Spark is the measure of the other end."""
    return [engine for engine in engines[1:] if not engine["label"].startswith("Spark")]


def ratios(engines, queries):
    """(query, wall, CPU): Vonk's time over the least of the peers', for the queries that Vonk and a peer ran."""
    vonk, found = engines[0], []
    for query in queries:
        ours = vonk["answers"][query.stem]
        theirs = [engine["answers"][query.stem] for engine in candidates(engines)]
        theirs = [answer for answer in theirs if "error" not in answer]
        if "error" in ours or not theirs:
            continue
        least = {field: min(answer[field] for answer in theirs) for field in ("wall", "cpu")}
        found.append((query.stem, *(max(ours[f], LEAST) / max(least[f], LEAST) for f in ("wall", "cpu"))))
    return found


def section(engines, queries):
    """A table of the ratios, the worst first, with their geometric means."""
    found = ratios(engines, queries)
    if not found:
        return
    names = " or ".join(engine["label"] for engine in candidates(engines))
    means = [measure.geometric_mean([row[i] for row in found]) for i in (1, 2)]
    yield f"## Vonk, of the best peer's time ({names}, whichever is less)"
    yield ""
    yield "| query | wall | CPU |"
    yield "| --- | ---: | ---: |"
    yield f"| geometric mean | {means[0]:.2f} | {means[1]:.2f} |"
    for query, wall, cpu in sorted(found, key=lambda row: -row[2]):
        yield f"| {query} | {wall:.2f} | {cpu:.2f} |"
    yield ""
