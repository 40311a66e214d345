"""ask_vonk.py - one process of `vonk sql` answers a list of statements."""
import json
import subprocess
import sys
import tempfile


def answers_of(vonk, master, statements):
    """What `vonk sql --format json` prints for each statement; errors are answers. The time zone is UTC."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(";\n".join(statements) + ";\n")
        script.flush()
        command = [vonk, "sql", "--master", master, "--format", "json", "--keep-going"]
        command += ["--conf", "spark.sql.session.timeZone=UTC", "-f", script.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(statements):
        sys.exit(f"{len(answers)} answers to {len(statements)} statements; status {done.returncode}\n{done.stderr[-2000:]}")
    return answers
