"""answers.py - are Vonk's answers those of the peers, however it is run?"""
import json
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
MAX_SCALE_OF_TINY_BATCHES = 1  # beyond, a query takes many minutes


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


def check(title, name, data, queries, peers, options, command):
    """Returns the report's name and text; what differs is in options.wrong, too."""
    options.runs = 1
    references = [compare.run_peer(peer, data, options, texts) for peer, texts in peers]
    references = [r for r in references if r]
    modes = [m for m in MODES if m != "batches of 3 rows" or options.scale <= MAX_SCALE_OF_TINY_BATCHES]
    same, wrong = {}, []
    for mode in modes:
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
    for mode in modes:
        cells = (f"{same[mode, r['label']]} of {len(queries)}" for r in references)
        lines += [f"| {mode} | " + " | ".join(cells) + " |"]
    lines += ["", "## Not the same", "", *wrong] if wrong else []
    return f"answers-{name}", "\n".join(lines) + "\n"
