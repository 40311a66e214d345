"""answers.py - are Vonk's answers those of the peers, however it is run?"""
import hashlib
import importlib.metadata
import json
import pathlib
import sys

import compare
import measure

# heading -> master, environment. A batch of 3 rows crosses every boundary between batches.
MODES = {
    "local": ("local[{n}]", ()),
    "two executor processes": ("local-cluster[2,1]", ()),
    "spills forced": ("local[{n}]", ("VONK_DEBUG_SPILL=7",)),
    "batches of 3 rows": ("local[{n}]", ("VONK_DEBUG_BATCH_ROWS=3",)),
}
PACKAGES = {"duckdb": "duckdb", "spark": "pyspark"}
LABELS = {"duckdb": "DuckDB", "spark": "Spark"}
KEPT = pathlib.Path(__file__).resolve().parent.parent / ".cache" / "answers"


def ask(options, data, query, mode):
    """The rows of a query's last statement, or `error`."""
    master, environment = MODES[mode]
    command = ["env", *environment, options.vonk, "sql", "--format", "json"]
    command += ["--master", master.format(n=options.threads)]
    for statement in [*compare.views_of(data), *query.read_text().split("\n;\n")]:
        command += ["-e", statement]
    usage = measure.run(command)
    lines = usage.stdout.splitlines() or usage.stderr.splitlines() or ["no output"]
    if usage.status != 0:
        return {"error": compare.describe_error(lines[-1])}
    return {"rows": json.loads(lines[-1])["rows"]}


def verdict(answer, wanted):
    """None: the same rows."""
    if "error" in answer or "error" in wanted:
        return answer.get("error") or "the peer failed: " + wanted["error"]
    return None if compare.agree(wanted["rows"], answer["rows"]) else "other rows"


def key_of(version, data, text):
    """What an answer depends on: the peer's version, the data, the query's text."""
    made = max(table.stat().st_mtime for table in compare.tables_of(data))
    return hashlib.sha256("\0".join([version, str(made), text.read_text()]).encode()).hexdigest()


def kept(peer, name, data, options, texts):
    """The peer's answers. They are kept in .cache/answers, as those of Spark take long; only what is missing is asked."""
    version = importlib.metadata.version(PACKAGES[peer])
    path = KEPT / f"{name}-{peer}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    keys = {text.stem: key_of(version, data, text) for text in texts}
    missing = [text for text in texts if keys[text.stem] not in known]
    print(f"{peer}: {len(missing)} of {len(texts)} queries to ask", file=sys.stderr)
    found = compare.run_peer(peer, data, options, missing) if missing else {"answers": {}}
    if not found:
        return None
    good = {keys[query]: answer for query, answer in found["answers"].items() if "error" not in answer}
    known |= good
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known))
    answers = {query: known.get(key) or found["answers"][query] for query, key in keys.items()}
    return {"label": f"{LABELS[peer]} {version}", "answers": answers}


def check(title, name, data, queries, peers, options, command):
    """Returns the report's name and text; what differs is in options.wrong, too."""
    options.runs = 1
    references = [kept(peer, name, data, options, texts) for peer, texts in peers]
    references = [r for r in references if r]
    same, wrong = {}, []
    for mode in MODES:
        print(mode, file=sys.stderr)
        for query in queries:
            answer = ask(options, data, query, mode)
            for reference in references:
                said = verdict(answer, reference["answers"][query.stem])
                same[mode, reference["label"]] = same.get((mode, reference["label"]), 0) + (said is None)
                if said:
                    wrong.append(f"- {mode}, {query.stem}, beside {reference['label']}: {said}")
    options.wrong = wrong
    lines = [f"# {title}: the answers", "", f"Made by `{command}`: rows that are equal exactly, doubles to 1e-6.", ""]
    lines += ["| Vonk | " + " | ".join("same as " + r["label"] for r in references) + " |"]
    lines += ["| --- |" + " ---: |" * len(references)]
    for mode in MODES:
        cells = (f"{same[mode, r['label']]} of {len(queries)}" for r in references)
        lines += [f"| {mode} | " + " | ".join(cells) + " |"]
    lines += ["", "## Not the same", "", *wrong] if wrong else []
    return f"answers-{name}", "\n".join(lines) + "\n"
