"""The pull and content discovery cases of the OCI distribution conformance suite, by their names there
(opencontainers/distribution-spec, conformance/01_pull_test.go and 03_discovery_test.go), against `ferry serve` over
archives of every format."""
import json
import subprocess
import urllib.parse

from room import case, image, process, registry, shelf

NOWHERE = "sha256:" + "19387f68117dbe07daeef0d99e018f7bbf7a660158d24949ea47bc12a3e4ba17"[:64]
CODES = {"BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN",
         "MANIFEST_INVALID", "MANIFEST_UNKNOWN", "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID", "UNAUTHORIZED", "DENIED",
         "UNSUPPORTED", "TOOMANYREQUESTS"}


class Cases:
    """One class for each format below."""
    FORM = ""
    NAME = "suite/small"
    PATH = "/v2/suite/small"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        folder = process.short_dir("ferry-s-")
        for name, tags in (("suite/small", ("a", "b", "c", "1")), ("suite/many", ("60",))):
            for tag in tags:
                subprocess.run([cls.binary, f"{name}:{'1' if name == 'suite/small' else '60'}", "-r", cls.registry.url, "-f",
                                cls.FORM, "--tag", f"{name}:{tag}", "--name", f"{name.split('/')[1]}-{tag}.tar", "-o", folder],
                               check=True, capture_output=True, env=process.clean_environment())
        cls.client = cls.serve(shelf.Shelf(folder)).client
        cls.digest, cls.manifest = cls.client.manifest(cls.NAME, "1")
        cls.config, cls.layer = cls.manifest["config"]["digest"], cls.manifest["layers"][0]["digest"]

    def get(self, path, expect=200, method="GET", **headers):
        answer, body = self.client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()},
                                           expect=(expect,))
        if method == "HEAD":
            self.assertEqual(body, b"")
        elif expect >= 400:
            self.errors(answer, body)
        return answer, body

    def errors(self, answer, body):
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        for error in json.loads(body)["errors"]:
            self.assertIn(error["code"], CODES)
            self.assertTrue(error["message"])

    # --- pull blobs ---

    def test_HEAD_request_to_nonexistent_blob_should_result_in_404_response(self):
        self.get(f"{self.PATH}/blobs/{NOWHERE}", 404, "HEAD")

    def test_HEAD_request_to_existing_blob_should_yield_200(self):
        for blob in [self.manifest["config"], *self.manifest["layers"]]:
            answer, _ = self.get(f"{self.PATH}/blobs/{blob['digest']}", 200, "HEAD")
            self.assertEqual(answer.headers["Docker-Content-Digest"], blob["digest"])
            self.assertEqual(int(answer.headers["Content-Length"]), blob["size"])

    def test_GET_nonexistent_blob_should_result_in_404_response(self):
        _, body = self.get(f"{self.PATH}/blobs/{NOWHERE}", 404)
        self.assertEqual(json.loads(body)["errors"][0]["code"], "BLOB_UNKNOWN")

    def test_GET_request_to_existing_blob_URL_should_yield_200(self):
        for blob in [self.manifest["config"], *self.manifest["layers"]]:
            answer, body = self.get(f"{self.PATH}/blobs/{blob['digest']}")
            self.assertEqual(image.digest_of(body), blob["digest"])
            self.assertEqual(answer.headers["Docker-Content-Digest"], blob["digest"])
            encoded = urllib.parse.quote(blob["digest"], safe="")
            self.assertEqual(self.get(f"{self.PATH}/blobs/{encoded}")[1], body)

    def test_GET_blob_with_a_range_yields_206_and_that_part(self):
        path = f"{self.PATH}/blobs/{self.layer}"
        _, whole = self.get(path)
        size = len(whole)
        for field, begin, end in ((f"bytes=0-{size - 1}", 0, size), ("bytes=5-", 5, size), ("bytes=-7", size - 7, size),
                                  ("bytes=3-3", 3, 4), (f"bytes=2-{size * 9}", 2, size), (f"bytes=-{size * 9}", 0, size)):
            answer, part = self.get(path, 206, Range=field)
            self.assertEqual(part, whole[begin:end], field)
            self.assertEqual(answer.headers["Content-Range"], f"bytes {begin}-{end - 1}/{size}")
        answer, _ = self.get(path, 416, Range=f"bytes={size}-")
        self.assertEqual(answer.headers["Content-Range"], f"bytes */{size}")
        for field in ("bytes=1-2,4-5", "lines=1-2", "bytes=9-3", "bytes=x", "bytes=-"):
            self.assertEqual(self.get(path, 200, Range=field)[1], whole, field)
        self.assertEqual(self.get(path, 206, Range="bytes=1-2", If_Range=f'"{self.layer}"')[1], whole[1:3])
        self.assertEqual(self.get(path, 200, Range="bytes=1-2", If_Range='"other"')[1], whole)
        self.assertEqual(self.get(path, 304, If_None_Match=f'"{self.layer}"')[1], b"")

    # --- pull manifests ---

    def test_HEAD_request_to_nonexistent_manifest_should_return_404(self):
        self.get(f"{self.PATH}/manifests/none", 404, "HEAD")

    def test_HEAD_request_to_manifest_path_digest_should_yield_200_response(self):
        answer, _ = self.get(f"{self.PATH}/manifests/{self.digest}", 200, "HEAD")
        self.assertEqual(answer.headers["Docker-Content-Digest"], self.digest)

    def test_HEAD_request_to_manifest_path_tag_should_yield_200_response(self):
        answer, _ = self.get(f"{self.PATH}/manifests/1", 200, "HEAD")
        self.assertEqual(answer.headers["Docker-Content-Digest"], self.digest)
        self.assertEqual(int(answer.headers["Content-Length"]), len(self.get(f"{self.PATH}/manifests/1")[1]))

    def test_GET_nonexistent_manifest_should_return_404(self):
        for reference in ("none", NOWHERE):
            _, body = self.get(f"{self.PATH}/manifests/{reference}", 404)
            self.assertEqual(json.loads(body)["errors"][0]["code"], "MANIFEST_UNKNOWN")
        _, body = self.get("/v2/no/where/manifests/1", 404)
        self.assertEqual(json.loads(body)["errors"][0]["code"], "NAME_UNKNOWN")

    def test_GET_request_to_manifest_path_digest_should_yield_200(self):
        for accept in (image.ACCEPT, "*/*", ""):
            answer, body = self.get(f"{self.PATH}/manifests/{self.digest}", Accept=accept)
            self.assertEqual(image.digest_of(body), self.digest)
            self.assertEqual(answer.headers["Content-Type"], json.loads(body)["mediaType"])

    def test_GET_request_to_manifest_path_tag_should_yield_200(self):
        answer, body = self.get(f"{self.PATH}/manifests/1")
        self.assertEqual(image.digest_of(body), self.digest)
        self.assertEqual(answer.headers["Docker-Content-Digest"], self.digest)

    # --- error codes ---

    def test_400_response_body_should_contain_OCI_conforming_JSON_message(self):
        self.get(f"{self.PATH}/manifests/.INVALID_MANIFEST_NAME", 404)
        self.get("/v2/UPPER/manifests/1", 400)
        self.get(f"{self.PATH}/blobs/sha256:totallywrong", 400)
        self.get(f"{self.PATH}/tags/list?n=x", 400)
        self.get("/v2/a%zz/manifests/1", 400)
        for path in ("/v2/../../etc/passwd", "/v2/..%2f..%2fetc/manifests/1", "/", "/v1/", "/v2/suite/small", "/v2/_catalog/x"):
            answer, body = self.client.request("GET", path, expect=(400, 404))
            self.errors(answer, body)

    def test_whatever_would_write_is_answered_with_405(self):
        for method, path in (("POST", f"{self.PATH}/blobs/uploads/"), ("PUT", f"{self.PATH}/manifests/1"),
                             ("PATCH", f"{self.PATH}/blobs/uploads/x"), ("DELETE", f"{self.PATH}/manifests/{self.digest}"),
                             ("DELETE", f"{self.PATH}/blobs/{self.layer}")):
            answer, body = self.client.request(method, path, b"x" * 100, expect=(405,))
            self.assertEqual(json.loads(body)["errors"][0]["code"], "UNSUPPORTED")
            self.assertEqual(answer.headers["Allow"], "GET, HEAD")
        self.get(f"{self.PATH}/manifests/1")

    # --- content discovery ---

    def test_GET_request_to_list_tags_should_yield_200_response(self):
        _, body = self.get(f"{self.PATH}/tags/list")
        self.assertEqual(json.loads(body), {"name": self.NAME, "tags": ["1", "a", "b", "c"]})
        self.get("/v2/no/where/tags/list", 404)

    def test_GET_number_of_tags_should_be_limitable_by_n_query_parameter(self):
        seen, path = [], f"{self.PATH}/tags/list?n=3"
        for expected in (["1", "a", "b"], ["c"]):
            answer, body = self.get(path)
            self.assertEqual(json.loads(body)["tags"], expected)
            link = answer.headers["Link"]
            if link:
                self.assertRegex(link, r'^<(/v2/[^>]+)>; rel="next"$')
                path = link[1:link.index(">")]
            seen.append(bool(link))
        self.assertEqual(seen, [True, False])
        answer, body = self.get(f"{self.PATH}/tags/list?n=0")
        self.assertEqual((json.loads(body)["tags"], answer.headers["Link"]), ([], None))
        answer, body = self.get(f"{self.PATH}/tags/list?n=4")
        self.assertIsNone(answer.headers["Link"])

    def test_GET_start_of_tag_is_set_by_last_query_parameter(self):
        self.assertEqual(json.loads(self.get(f"{self.PATH}/tags/list?n=2&last=a")[1])["tags"], ["b", "c"])
        self.assertEqual(json.loads(self.get(f"{self.PATH}/tags/list?last=aa")[1])["tags"], ["b", "c"])

    def test_GET_catalog_lists_all_repositories_page_by_page(self):
        self.assertEqual(json.loads(self.get("/v2/_catalog")[1])["repositories"], ["suite/many", "suite/small"])
        answer, body = self.get("/v2/_catalog?n=1")
        self.assertEqual(json.loads(body)["repositories"], ["suite/many"])
        self.assertEqual(answer.headers["Link"], '</v2/_catalog?n=1&last=suite%2Fmany>; rel="next"')
        self.assertEqual(json.loads(self.get("/v2/_catalog?n=1&last=suite%2Fmany")[1])["repositories"], ["suite/small"])

    def test_GET_referrers_of_any_digest_should_yield_200_and_an_empty_index(self):
        for digest in (NOWHERE, self.digest):
            answer, body = self.get(f"{self.PATH}/referrers/{digest}")
            self.assertEqual(answer.headers["Content-Type"], image.OCI_INDEX)
            self.assertEqual(json.loads(body), {"schemaVersion": 2, "mediaType": image.OCI_INDEX, "manifests": []})
        self.get(f"{self.PATH}/referrers/nodigest", 400)

    def test_the_base_path_says_that_this_is_a_registry(self):
        for path in ("/v2/", "/v2"):
            answer, body = self.get(path)
            self.assertEqual((answer.headers["Docker-Distribution-API-Version"], body), ("registry/2.0", b"{}"))


class Synology(Cases, case.Case):
    FORM = "synology"


class Docker(Cases, case.Case):
    FORM = "docker"


class Oci(Cases, case.Case):
    FORM = "oci"
