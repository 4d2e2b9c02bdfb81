"""The test room: real servers, real engines and generated images for ferry's end-to-end tests.

Only the Python standard library and Debian programs. Modules, from the ground up: process (daemons), pki
(certificates), image (layers and manifests), debian (layers out of packages), gallery (all test images, cached),
registry (docker-registry and a blob-level client), front (faulty reverse proxy), token (Bearer tokens), squid,
tinyproxy, socks (microsocks, dante), nginx, mitm (mitmproxy), netns (a slow and lossy network), engine (dockerd, podman,
skopeo), archive (reader of what ferry wrote), case (how a test runs ferry).

Environment: FERRY (the program under test), FERRY_TEST_DATA (a cache folder outside the source tree).
"""
