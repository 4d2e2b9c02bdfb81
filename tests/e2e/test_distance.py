"""A registry beyond a border of network namespaces, and at the end of a long and lossy link."""
import sys

from room import case, netns, registry


class Distance(case.Case):
    def setUp(self):
        super().setUp()
        try:
            self.far = self.enterContext(netns.Far())
        except netns.Unavailable as reason:
            self.skip(reason)
        self.registry = self.enterContext(registry.Registry(self.gallery.storage, address=self.far.address,
                                                            prefix=self.far.prefix))

    def skip(self, reason):
        print(f"\n[skip] not offered by this kernel: {reason}", file=sys.stderr)
        self.skipTest(str(reason))

    def truth(self, repository: str, tag: str) -> registry.Image:
        return self.registry.client.image(repository, tag)


class Border(Distance):
    def test_a_pull_over_it(self):
        found = self.pull("suite/medium:1", "-r", self.registry.url)
        self.assert_image(found, self.truth("suite/medium", "1"))


class Lossy(Distance):
    def test_a_pull_over_fifty_milliseconds_there_and_back_that_lose_two_packets_of_a_hundred(self):
        truth = self.truth("suite/many", "60")
        try:
            self.far.spoil(delay=25, loss=2)
        except netns.Unavailable as reason:
            self.skip(reason)
        found = self.pull("suite/many:60", "-r", self.registry.url, "-j", "4", timeout=600)
        self.assert_image(found, truth)
        self.assertGreater(self.far.dropped(), 0, "the link lost nothing: it proved nothing")


if __name__ == "__main__":
    import unittest
    unittest.main()
