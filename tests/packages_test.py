#!/usr/bin/env python3
"""cli/packages.sh on machines that are made up: programs in a folder of their own stand for apt and dpkg."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "cli/packages.sh"
TOOLS = ("bash", "sh", "env", "cat", "rm", "mktemp", "tail", "grep", "tee", "chmod", "sleep", "sed")


class Machine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.top = pathlib.Path(self.folder.name)
        self.bin, self.policy, self.log = self.top / "bin", self.top / "policy-rc.d", self.top / "apt.log"
        self.bin.mkdir()
        for name in TOOLS:
            found = next(path for path in (pathlib.Path(f) / name for f in ("/usr/bin", "/bin")) if path.exists())
            (self.bin / name).symlink_to(found)
        self.program("sudo", 'exec "$@"')

    def program(self, name, body):
        path = self.bin / name
        path.unlink(missing_ok=True)  # a link to the machine's own
        path.write_text("#!/bin/bash\n" + body + "\n")
        path.chmod(0o755)

    def debian(self, installed=(), known=(), apt="exit 0"):
        self.program("dpkg-query", 'case " ' + " ".join(installed) + ' " in *" ${@: -1} "*) printf installed;; *) exit 1;; esac')
        self.program("apt-cache", 'case " ' + " ".join(known) + ' " in *" $2 "*) echo "$2 | 1.0 | here";; esac')
        self.program("apt-get", f'printf "%s\\n" "$*" >>{self.log}\n' + apt)

    def command(self, code):
        return ["bash", "-c", f"set -euo pipefail\nsource {SCRIPT}\n{code}"]

    def environment(self):
        return {"PATH": str(self.bin), "POLICY_RC_D": str(self.policy), "TMPDIR": str(self.top), "HOME": str(self.top)}

    def run_code(self, code):
        return subprocess.run(self.command(code), env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def calls(self):
        return self.log.read_text() if self.log.exists() else ""

    def test_only_what_is_missing_is_installed(self):
        self.debian(installed=("g++", "cmake"))
        done = self.run_code("need_packages 'to build' g++ cmake gettext")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("installing what is missing to build: gettext\n", done.stderr)
        self.assertIn("install -y --no-install-recommends gettext\n", self.calls())

    def test_nothing_is_asked_of_apt_where_nothing_is_missing(self):
        self.debian(installed=("g++",))
        done = self.run_code("need_packages 'to build' g++")
        self.assertEqual((done.returncode, done.stderr, self.calls()), (0, "", ""))

    def test_services_are_kept_from_starting_only_where_packages_bring_some(self):
        seen = self.top / "seen"
        self.debian(apt=f"[[ ! -e {self.policy} ]] || echo $1 >>{seen}")
        self.assertEqual(self.run_code("need_packages why gettext").returncode, 0)
        self.assertFalse(seen.exists())
        self.assertEqual(self.run_code("need_packages --servers why squid").returncode, 0)
        self.assertTrue(seen.exists())
        self.assertFalse(self.policy.exists())

    def test_a_policy_of_the_machine_itself_stays(self):
        self.debian()
        self.policy.write_text("theirs")
        self.assertEqual(self.run_code("need_packages --servers why squid").returncode, 0)
        self.assertEqual(self.policy.read_text(), "theirs")

    def test_an_interrupted_installation_leaves_nothing_behind(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                begun = self.top / f"begun-{number}"
                self.debian(apt=f": >{begun}; exec sleep 60")
                run = subprocess.Popen(self.command("need_packages --servers why squid"), env=self.environment(),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       start_new_session=True)
                while not begun.exists():
                    self.assertIsNone(run.poll())
                    time.sleep(0.01)
                self.assertTrue(self.policy.exists())
                os.killpg(run.pid, number)  # as a terminal does: to the whole group
                self.assertNotEqual(run.wait(), 0)
                left = lambda: [path.name for path in (self.policy, *self.top.glob("tmp.*")) if path.exists()]
                for _ in range(1000):  # the part that cleans up may outlive its parent
                    if not left():
                        break
                    time.sleep(0.01)
                self.assertEqual(left(), [])

    def test_a_failure_of_apt_is_shown(self):
        self.debian(apt="echo E: the mirror is gone; exit 100")
        done = self.run_code("need_packages --servers why squid")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("E: the mirror is gone", done.stderr)
        self.assertFalse(self.policy.exists())

    def test_the_lock_of_another_apt_is_waited_for(self):
        self.program("sleep", "exit 0")  # no test waits five seconds
        count = self.top / "count"
        self.debian(apt=f'echo x >>{count}\nif (( $(grep -c x {count}) < 4 )); then '
                        'echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt)"; exit 100; fi')
        done = self.run_code("need_packages why gettext")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count("waiting for it"), 1)

    def test_a_package_that_this_release_lacks_is_named_and_left_out(self):
        self.debian(installed=("here",), known=("g++", "known"))
        done = self.run_code("available_packages here known gone")
        self.assertEqual(done.stdout.split(), ["here", "known"])
        self.assertIn("no package gone", done.stderr)

    def test_another_system_is_told_what_it_needs(self):
        done = self.run_code("need_packages why g++ gettext; need_commands bash cmake ninja")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("g++ gettext", done.stderr)
        self.assertIn("missing here: cmake ninja", done.stderr)

    def test_a_build_of_another_place_is_made_anew(self):
        build = self.top / "build"
        for home, cache, stays in (("/src", build, True), ("/elsewhere", build, False), ("/src", "/elsewhere/build", False)):
            build.mkdir(exist_ok=True)
            (build / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={home}\nCMAKE_CACHEFILE_DIR:INTERNAL={cache}\n")
            self.assertEqual(self.run_code(f"forget_moved_build /src {build}").returncode, 0)
            self.assertEqual(build.exists(), stays, (home, cache))

    def test_a_build_shows_how_far_it_is_and_its_output_only_where_it_fails(self):
        done = self.run_code("build_quietly bash -c 'for ((i = 1; i <= 20; ++i)); do echo \"[$i/20] Building x\"; done'")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(done.stderr.splitlines()[-1], "bash: building [20/20]")
        self.assertNotIn("Building x", done.stderr)
        done = self.run_code("build_quietly bash -c 'echo broken here; exit 3'")
        self.assertEqual(done.returncode, 3)
        self.assertIn("broken here", done.stderr)


if __name__ == "__main__":
    unittest.main()
