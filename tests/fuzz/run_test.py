#!/usr/bin/env python3
"""run.py reports findings and keeps them, shown on a target with a planted mistake: run_test.py TARGETS-DIR"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py")
TARGETS = ""


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.corpus, self.scratch = os.path.join(folder.name, "corpus"), os.path.join(folder.name, "scratch")
        os.mkdir(self.corpus)

    def keep(self, name, content):
        with open(os.path.join(self.corpus, name), "wb") as file:
            file.write(content)

    def run_it(self, *arguments, name="planted"):
        done = subprocess.run([sys.executable, RUN, name, "--targets", TARGETS, "--corpus", self.corpus, "--scratch",
                               self.scratch, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def test_a_finding_fails_and_its_input_is_kept(self):
        self.keep("good", b"good")
        self.keep("worse", b"bad luck")
        status, output = self.run_it("--seconds", "30")
        self.assertEqual(status, 1, output)
        self.assertRegex(output.splitlines()[-1], r"^fuzz\.planted: \d+ executions .*: 1 findings$")
        self.assertIn("does not hold", output)
        kept = re.search(r"the input is kept in (\S+);", output)[1]
        self.assertTrue(kept.startswith(os.path.realpath(self.scratch)), kept)
        with open(kept, "rb") as file:
            self.assertEqual(file.read(), b"bad luck")

    def test_a_finding_is_reached_from_inputs_without_one(self):
        self.keep("good", b"good")
        status, output = self.run_it("--seconds", "60")
        self.assertEqual(status, 1, output)
        with open(re.search(r"the input is kept in (\S+);", output)[1], "rb") as file:
            self.assertEqual(file.read()[:3], b"bad")

    def test_without_findings_the_corpus_stays_as_it_is_until_a_merge(self):
        self.keep("basic", b"Basic")
        status, output = self.run_it("--seconds", "1", name="challenge")
        self.assertEqual(status, 0, output)
        self.assertRegex(output.splitlines()[-1], r"^fuzz\.challenge: [1-9]\d* executions .*: 0 findings$")
        self.assertEqual(os.listdir(self.corpus), ["basic"])
        status, output = self.run_it("--merge", name="challenge")
        self.assertEqual(status, 0, output)
        self.assertGreater(len(os.listdir(self.corpus)), 1)

    def test_without_a_corpus_or_a_target_it_does_not_pass(self):
        status, output = self.run_it()
        self.assertEqual(status, 2, output)
        self.assertIn("holds no inputs", output)
        done = subprocess.run([sys.executable, RUN, "unknown", "--targets", TARGETS], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 2, done.stdout)


if __name__ == "__main__":
    TARGETS = sys.argv.pop(1)
    unittest.main()
