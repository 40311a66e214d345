#!/usr/bin/env python3
"""A real S3 server for tests: MinIO if there is one, else s3proxy.

    s3_server.py start [--host H] [--port P] [--dir D] [--background]
    s3_server.py stop --dir D
    s3_server.py fetch                 brings what is needed to .cache/, without starting anything

`start` prints one line when the server answers, `endpoint=URL access_key=K secret_key=S kind=NAME`, and stays
until it is told to end (SIGTERM, Ctrl-C), or goes to the background and writes D/server.pid.

MinIO is taken from VONK_MINIO or .cache/minio/minio; it is the stricter of the two. s3proxy comes from Maven
Central and needs Java and Maven. VONK_S3_SERVER=minio|s3proxy insists on one.
"""
import argparse
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
JARS = CACHE / "s3proxy-2.6.0"
ACCESS_KEY, SECRET_KEY = "vonk-test-key", "vonk-test-secret-1"
START_SECONDS = 90

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>dev.vonk</groupId><artifactId>s3-server</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.gaul</groupId><artifactId>s3proxy</artifactId><version>2.6.0</version>
</dependency></dependencies></project>
"""

PROPERTIES = """s3proxy.endpoint=http://{host}:{port}
s3proxy.authorization=aws-v2-or-v4
s3proxy.identity={key}
s3proxy.credential={secret}
jclouds.provider=filesystem-nio2
jclouds.identity=remote
jclouds.credential=remote
jclouds.filesystem.basedir={data}
"""


def find_minio():
    """MinIO's program, or None."""
    for path in (os.environ.get("VONK_MINIO"), CACHE / "minio" / "minio"):
        if path and os.access(path, os.X_OK) and pathlib.Path(path).is_file():
            return str(path)
    return None


def fetch_s3proxy():
    """The folder of s3proxy's jars, fetched with Maven if it is not there."""
    if JARS.exists():
        return JARS
    maven = shutil.which("mvn")
    if not maven or not shutil.which("java"):
        sys.exit("s3_server.py: no MinIO (VONK_MINIO) and no Java and Maven for s3proxy: see scripts/packages.txt")
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        (pathlib.Path(temporary) / "pom.xml").write_text(POM)
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
        command = [maven, "-q", "-B", goal, "-DoutputDirectory=lib"]
        print("s3_server.py: fetching s3proxy from Maven Central", file=sys.stderr)
        subprocess.run(command, cwd=temporary, check=True, stdout=sys.stderr)
        os.rename(pathlib.Path(temporary) / "lib", JARS)
    return JARS


def choose():
    wanted = os.environ.get("VONK_S3_SERVER", "")
    minio = find_minio()
    if wanted == "minio" and not minio:
        sys.exit("s3_server.py: VONK_S3_SERVER=minio, but there is none: set VONK_MINIO")
    return "minio" if minio and wanted != "s3proxy" else "s3proxy"


def command_of(kind, host, port, directory):
    """The command line and the environment of the server."""
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    if kind == "minio":
        environment = {
            "MINIO_ROOT_USER": ACCESS_KEY,
            "MINIO_ROOT_PASSWORD": SECRET_KEY,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "MINIO_CALLHOME_ENABLE": "off",
            "HOME": str(directory),
        }
        return [find_minio(), "server", "--quiet", "--address", f"{host}:{port}", str(data)], environment
    jars = fetch_s3proxy()
    settings = directory / "s3proxy.properties"
    values = {"host": host, "port": port, "key": ACCESS_KEY, "secret": SECRET_KEY, "data": data}
    settings.write_text(PROPERTIES.format(**values))
    logback = directory / "logback.xml"
    logback.write_text('<configuration><root level="OFF"/></configuration>\n')
    main, quiet = "org.gaul.s3proxy.Main", f"-Dlogback.configurationFile={logback}"
    return ["java", "-Xmx512m", "-XX:+UseSerialGC", quiet, "-cp", f"{jars}/*", main, "--properties", str(settings)], {}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_until_ready(process, host, port, log):
    """Until the server answers HTTP, whatever it says: also a refusal is an answer."""
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://{host}:{port}/", timeout=2)
            return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
    sys.exit(f"s3_server.py: the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def start(options):
    directory = pathlib.Path(options.dir or tempfile.mkdtemp(prefix="vonk-s3-")).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    port = options.port or free_port()
    kind = choose()
    command, environment = command_of(kind, options.host, port, directory)
    log = directory / "server.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=options.background,
        )
    wait_until_ready(process, options.host, port, log)
    shown = "127.0.0.1" if options.host == "0.0.0.0" else options.host
    print(f"endpoint=http://{shown}:{port} access_key={ACCESS_KEY} secret_key={SECRET_KEY} kind={kind}", flush=True)
    if options.background:
        (directory / "server.pid").write_text(str(process.pid))
        return 0

    def end(_number, _frame):
        process.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    process.wait()
    return 0


def stop(options):
    pid_file = pathlib.Path(options.dir) / "server.pid"
    if not pid_file.exists():
        return 0
    pid = int(pid_file.read_text())
    pid_file.unlink()
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    return 0


def fetch(_options):
    if choose() == "s3proxy":
        fetch_s3proxy()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("start")
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=0, help="default: a free one")
    one.add_argument("--dir", help="where its data, log and pid are; default: a temporary folder")
    one.add_argument("--background", action="store_true")
    one.set_defaults(run=start)
    two = commands.add_parser("stop")
    two.add_argument("--dir", required=True)
    two.set_defaults(run=stop)
    commands.add_parser("fetch").set_defaults(run=fetch)
    options = parser.parse_args()
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
