"""test_image.py - the file system of the image, made of build/bin by the script that the Dockerfile uses."""
import json
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

from kube_api import ROOT

BUILD = Path(os.environ.get("VONK_BUILD", ROOT / "build"))
PROGRAMS = ("vonk", "vonk-executor", "vonk-operator")
MOST_BYTES = 40e6  # with the machine's libcurl; scripts/image.sh holds the image itself to 30 MB


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (BUILD / "bin" / "vonk").exists():
            raise RuntimeError(f"{BUILD}/bin has no programs: run ./dev build")
        folder = tempfile.TemporaryDirectory(prefix="vonk-image-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name) / "root"
        cls.archive = Path(folder.name) / "image.tar"
        subprocess.run([ROOT / "scripts" / "image_collect.sh", BUILD / "bin", cls.root], check=True)
        pack = [ROOT / "scripts" / "image_pack.py", cls.root, "vonk:test", cls.archive, "VERSION=9.9", "REVISION=abc"]
        subprocess.run([sys.executable, *pack], check=True)
        with tarfile.open(cls.archive) as archive:
            cls.manifest = json.load(archive.extractfile("manifest.json"))[0]
            cls.config = json.load(archive.extractfile(cls.manifest["Config"]))
            with tarfile.open(fileobj=archive.extractfile("layer.tar")) as layer:
                cls.members = {member.name: member for member in layer}
                cls.size = layer.offset

    def start(self, program, *arguments, **options):
        """By the image's own loader, which finds libraries in the image only."""
        loader = next(self.root.glob("usr/lib*/**/ld-linux*"))
        libraries = next(self.root.glob("usr/lib/**/libc.so.6")).parent
        command = [loader, "--inhibit-cache", "--library-path", libraries, *arguments]
        if program:
            command.insert(len(command) - len(arguments), self.root / "usr" / "bin" / program)
        return subprocess.run(command, capture_output=True, text=True, **options)

    def test_all_programs_are_there(self):
        there = [program for program in PROGRAMS if f"usr/bin/{program}" in self.members]
        self.assertEqual(list(PROGRAMS), there)

    def test_they_find_all_libraries_in_the_image(self):
        for path in sorted((self.root / "usr" / "bin").iterdir()):
            listed = self.start(None, "--list", path).stdout
            self.assertIn("libc.so.6", listed)
            self.assertNotIn("not found", listed)
            for line in listed.splitlines():
                if "=>" in line and "ld-linux" not in line:
                    self.assertIn(str(self.root), line)

    def test_they_run(self):
        done = self.start("vonk", "sql", "-e", "SELECT 1 + 1 AS two", "--format", "csv")
        self.assertEqual((0, "two\n2\n"), (done.returncode, done.stdout), done.stderr)
        done = self.start("vonk-executor", "--help")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_no_shell_no_root_no_setuid(self):
        programs = {name for name in self.members if name.startswith("usr/bin/")}
        self.assertLessEqual(programs, {f"usr/bin/{one}" for one in PROGRAMS})
        for member in self.members.values():
            self.assertFalse(member.mode & (stat.S_ISUID | stat.S_ISGID), member.name)
            writable = member.mode & stat.S_IWOTH and not member.issym()
            self.assertTrue(not writable or member.name in ("tmp", "scratch"), member.name)
        self.assertEqual(65532, self.members["scratch"].uid)

    def test_settings_are_those_of_the_dockerfile(self):
        config = self.config["config"]
        self.assertEqual("65532:65532", config["User"])
        self.assertEqual(["/usr/bin/vonk"], config["Entrypoint"])
        self.assertIn("TMPDIR=/scratch", config["Env"])
        labels = config["Labels"]
        self.assertEqual("9.9", labels["org.opencontainers.image.version"])
        self.assertEqual("abc", labels["org.opencontainers.image.revision"])
        self.assertEqual(["vonk:test"], self.manifest["RepoTags"])

    def test_what_programs_look_for_is_there(self):
        self.assertGreater(self.members["etc/ssl/certs/ca-certificates.crt"].size, 100_000)
        for zone in ("Europe/Amsterdam", "America/New_York", "UTC", "Asia/Kathmandu"):
            self.assertTrue(f"usr/share/zoneinfo/{zone}" in self.members, zone)
        self.assertIn("hosts: files dns", (self.root / "etc" / "nsswitch.conf").read_text())

    def test_it_is_small_and_without_debug_information(self):
        self.assertLess(self.archive.stat().st_size, MOST_BYTES)
        for name in ("vonk", "vonk-executor"):
            sections = subprocess.run(["readelf", "-S", self.root / "usr/bin" / name], capture_output=True, text=True)
            self.assertNotIn(".debug_info", sections.stdout)

    def test_an_old_cpu_is_named(self):
        if os.uname().machine != "x86_64":
            self.skipTest("x86-64 only")
        notes = subprocess.run(["readelf", "-n", self.root / "usr/bin/vonk"], capture_output=True, text=True).stdout
        self.assertIn("x86-64-v3", notes)

    def test_the_same_input_gives_the_same_bytes(self):
        again = self.archive.with_name("again.tar")
        pack = [ROOT / "scripts" / "image_pack.py", self.root, "vonk:test", again, "VERSION=9.9", "REVISION=abc"]
        subprocess.run([sys.executable, *pack], check=True)
        self.assertEqual(self.archive.read_bytes(), again.read_bytes())


if __name__ == "__main__":
    unittest.main()
