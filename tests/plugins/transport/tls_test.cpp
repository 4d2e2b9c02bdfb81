// Whom the client trusts, and what it says when it does not.
#include "client.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

using namespace ferry;
using namespace ferry::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

class Tls : public testing::Test {
protected:
    Client trusting() {
        net::TlsOptions options;
        options.ca_cert = ca_file;
        return Client(options, resolves_to({"127.0.0.1"}));
    }
    static Client insecure() {
        net::TlsOptions options;
        options.insecure = true;
        return Client(options, resolves_to({"127.0.0.1"}));
    }
    // What a client that trusts `authority` says to a server with this certificate.
    Error refused(const Certificate &certificate, std::string_view host = "registry.test", int delay_ms = 0) {
        Server server({always("must not be read")}, {.tls = certificate, .handshake_delay_ms = delay_ms});
        Client client = trusting();
        const Error error = failure_of([&] { client.get({server.url("/", host)}); });
        EXPECT_TRUE(server.requests().empty()) << "a request went to a server that is not trusted";
        EXPECT_EQ(error.code, FERRY_E_TLS) << error.message.english();
        EXPECT_FALSE(retryable(error));
        EXPECT_THAT(error.message.english(), HasSubstr(std::string(host) + ":" + std::to_string(server.port())));
        return error;
    }

    Authority authority;
    Folder folder;
    std::string ca_file = folder.write("ca.pem", authority.pem());
    Certificate good = authority.issue({"registry.test", {"registry.test", "127.0.0.1"}});
};

// Ends the connection without close_notify after these bytes.
Script cuts_after(std::string bytes) {
    return [bytes = std::move(bytes)](Peer &peer) {
        peer.request();
        peer.send(bytes);
        peer.cut();
    };
}

} // namespace

TEST_F(Tls, AcceptsTheRightNameAndAddress) {
    Server server({always("hello")}, {.tls = good});
    Client client = trusting();
    EXPECT_EQ(client.get({server.url("/", "registry.test")}), "hello");
    EXPECT_EQ(client.get({server.url("/", "REGISTRY.test.")}), "hello");
    EXPECT_EQ(client.get({server.url("/", "127.0.0.1")}), "hello");
}

TEST_F(Tls, AcceptsAFolderOfAuthoritiesAndAPinnedCertificate) {
    Server server({always("hello")}, {.tls = good});
    net::TlsOptions options;
    folder.write("certs/other.crt", Authority("other").pem());
    folder.write("certs/mine.crt", authority.pem());
    folder.write("certs/notes.txt", "no certificate");
    options.ca_cert = (folder.path() / "certs").string();
    EXPECT_EQ(Client(options).get({server.url()}), "hello");
    options.ca_cert = folder.write("leaf.pem", good.pem);
    EXPECT_EQ(Client(options).get({server.url()}), "hello");
}

TEST_F(Tls, ReadsTheSystemsAuthoritiesWhenTheFirstServerIsMet) {
    // Each test is a process of its own under CTest; elsewhere the variables are as they were.
    const auto file = std::getenv("SSL_CERT_FILE"), places = std::getenv("SSL_CERT_DIR");
    const std::optional<std::string> file_before = file ? std::optional<std::string>(file) : std::nullopt,
                                     places_before = places ? std::optional<std::string>(places) : std::nullopt;
    ::setenv("SSL_CERT_FILE", "/nowhere", 1);
    ::setenv("SSL_CERT_DIR", "/nowhere", 1);
    Server plain({always("hello")}), server({always("hello")}, {.tls = good});
    Client client(net::TlsOptions{});
    EXPECT_EQ(client.get({plain.url()}), "hello");
    ::setenv("SSL_CERT_FILE", ca_file.c_str(), 1); // read now, and not when the client was made
    EXPECT_EQ(client.get({server.url()}), "hello");
    const auto restore = [](const char *name, const std::optional<std::string> &value) {
        value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
    };
    restore("SSL_CERT_FILE", file_before);
    restore("SSL_CERT_DIR", places_before);
}

TEST_F(Tls, ReadsALargeBundleWhenTheFirstServerWithTlsIsMet) {
    net::TlsOptions options;
    options.ca_cert =
        folder.write("bundle.pem", authority.pem() + "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
    Client client(options, resolves_to({"127.0.0.1"})); // its first certificate is sound
    Server plain({always("hello")}), server({always("must not be read")}, {.tls = good});
    EXPECT_EQ(client.get({plain.url()}), "hello");
    for (int again = 0; again < 2; ++again) {
        const Error error = failure_of([&] { client.get({server.url("/", "registry.test")}); });
        EXPECT_EQ(error.code, FERRY_E_INVALID);
        EXPECT_THAT(error.message.english(), HasSubstr("bundle.pem"));
    }
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(Tls, RefusesAWrongNamePromptAndDelayed) {
    const Certificate evil = authority.issue({"evil.test", {"evil.test"}});
    for (const int delay_ms : {0, 300}) {
        const Error error = refused(evil, "registry.test", delay_ms);
        EXPECT_THAT(error.message.english(),
                    AllOf(HasSubstr("CN=evil.test"), HasSubstr("is for evil.test, not for registry.test")));
    }
}

TEST_F(Tls, TakesNoUnfinishedHandshakeForAFinishedOne) {
    // The server answers long after the time allowed: with Poco alone this request would go out unverified.
    for (const char *name : {"evil.test", "registry.test"}) {
        Server server({always("must not be read")},
                      {.tls = authority.issue({name, {name}}), .handshake_delay_ms = 60'000});
        Client client = trusting();
        Ask ask{server.url("/", "registry.test")};
        ask.connect_timeout_ms = 1'000;
        const Error error = failure_of([&] { client.get(ask); });
        EXPECT_EQ(error.code, FERRY_E_TIMEOUT);
        EXPECT_TRUE(retryable(error));
        EXPECT_THAT(error.message.english(), HasSubstr("during the TLS handshake"));
        EXPECT_TRUE(server.requests().empty());
    }
}

TEST_F(Tls, RefusesAWrongNameOnLoopback) {
    const Certificate evil = authority.issue({"evil.test", {"evil.test", "127.0.0.2"}});
    EXPECT_THAT(refused(evil, "localhost").message.english(), HasSubstr("not for localhost"));
    EXPECT_THAT(refused(evil, "127.0.0.1").message.english(), HasSubstr("not for 127.0.0.1"));
}

TEST_F(Tls, ACommonNameNamesNoHost) {
    // RFC 9525 section 4.1: whether it fits or not, beside other names or alone.
    EXPECT_THAT(refused(authority.issue({"registry.test", {}})).message.english(), HasSubstr("no host name"));
    EXPECT_THAT(refused(authority.issue({"evil.test", {}})).message.english(), HasSubstr("no host name"));
    EXPECT_THAT(refused(authority.issue({"registry.test", {"other.test"}})).message.english(),
                HasSubstr("is for other.test"));
    EXPECT_THAT(refused(authority.issue({"registry.test", {"10.0.0.1"}})).message.english(),
                HasSubstr("is for 10.0.0.1"));
    EXPECT_THAT(refused(authority.issue({"127.0.0.1", {}}), "127.0.0.1").message.english(), HasSubstr("no host name"));
}

TEST_F(Tls, TakesNamesAndWildcardsByTheRules) {
    const std::string with_nul("registry.test\0.evil.test", 24);
    const struct {
        const char *host;
        std::vector<std::string> names;
        bool fits;
    } table[] = {
        {"registry.test", {"other.test", "registry.test"}, true},
        {"registry.test", {"REGISTRY.Test"}, true},
        {"a.registry.test", {"*.registry.test"}, true},
        {"a.b.registry.test", {"*.registry.test"}, false}, // one label, no more
        {"registry.test", {"*.registry.test"}, false},     // and no less
        {"registry.test", {"*.test"}, false},              // a whole top level belongs to nobody
        {"registry.test", {"*"}, false},
        {"ab.registry.test", {"a*.registry.test"}, false}, // part of a label
        {"ab.registry.test", {"*b.registry.test"}, false},
        {"a.b.registry.test", {"a.*.registry.test"}, false}, // not the first label
        {"a.b.registry.test", {"*.*.registry.test"}, false},
        {"registry.test", {with_nul}, false},
        {"registry.test", {"registry.test."}, false},
        {"registry.test", {""}, false},
        {"127.0.0.1", {"127.0.0.1"}, true},
        {"127.0.0.1", {"127.0.0.2"}, false},
        {"127.0.0.1", {"*.0.0.1"}, false}, // no address fits a name
    };
    for (const auto &[host, names, fits] : table) {
        SCOPED_TRACE(std::string(host) + " by " + names.front());
        const Certificate certificate = authority.issue({"somebody", names});
        if (!fits) {
            refused(certificate, host);
            continue;
        }
        Server server({always("hello")}, {.tls = certificate});
        Client client = trusting();
        EXPECT_EQ(client.get({server.url("/", host)}), "hello");
    }
}

TEST_F(Tls, TakesChainsByTheRules) {
    using Extensions = std::vector<std::pair<int, std::string>>;
    const auto below = [&](Extensions extensions, int rsa_bits = 0, const char *digest = "SHA256") {
        return Authority(authority, {"authority below", {}, -1, 30, std::move(extensions), rsa_bits, digest});
    };
    const Extensions issuer = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign"}};
    const auto with = [&](Extensions more) {
        more.insert(more.begin(), issuer.begin(), issuer.end());
        return more;
    };
    const CertificateRequest leaf{"registry.test", {"registry.test"}};
    const auto leaf_with = [&](Extensions extensions, int rsa_bits = 0, const char *digest = "SHA256") {
        return authority.issue({"registry.test", {"registry.test"}, -1, 30, std::move(extensions), rsa_bits, digest});
    };
    const Authority no_path(authority,
                            {"no path", {}, -1, 30, {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"}}});
    const struct {
        const char *what;
        Certificate certificate;
        bool trusted;
    } table[] = {
        {"for servers", leaf_with({{NID_ext_key_usage, "serverAuth"}}), true},
        {"for any use", leaf_with({}), true},
        {"for servers and clients", leaf_with({{NID_ext_key_usage, "clientAuth,serverAuth"}}), true},
        {"for clients alone", leaf_with({{NID_ext_key_usage, "clientAuth"}}), false},
        {"for signing code", leaf_with({{NID_ext_key_usage, "codeSigning"}}), false},
        {"a key for signing certificates alone", leaf_with({{NID_key_usage, "critical,keyCertSign"}}), false},
        {"by an authority below", below(issuer).issue(leaf), true},
        {"by what is not an authority", below({{NID_basic_constraints, "critical,CA:FALSE"}}).issue(leaf), false},
        {"by what does not say that it is an authority", below({}).issue(leaf), false},
        {"by what may not sign certificates",
         below({{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,digitalSignature"}}).issue(leaf),
         false},
        {"an expired authority below", Authority(authority, {"expired", {}, -30, -2, issuer}).issue(leaf), false},
        {"as long as the path may be", no_path.issue(leaf), true},
        {"longer than the path may be", Authority(no_path, {"below", {}, -1, 30, issuer}).issue(leaf), false},
        {"a name that its authority may give",
         below(with({{NID_name_constraints, "critical,permitted;DNS:test"}})).issue(leaf), true},
        {"a name that its authority may not give",
         below(with({{NID_name_constraints, "critical,permitted;DNS:corp.example"}})).issue(leaf), false},
        {"a name kept from its authority",
         below(with({{NID_name_constraints, "critical,excluded;DNS:registry.test"}})).issue(leaf), false},
        {"an RSA key of 2048 bits", leaf_with({}, 2048), true},
        {"an RSA key of 1024 bits", leaf_with({}, 1024), false},
        {"an authority's RSA key of 1024 bits", below(issuer, 1024).issue(leaf), false},
        {"signed over SHA-1", leaf_with({}, 0, "SHA1"), false},
        {"an authority signed over SHA-1", below(issuer, 0, "SHA1").issue(leaf), false},
        {"signed over MD5", below(issuer, 2048).issue({"registry.test", {"registry.test"}, -1, 30, {}, 0, "MD5"}),
         false},
    };
    for (const auto &[what, certificate, trusted] : table) {
        SCOPED_TRACE(what);
        if (!trusted) {
            refused(certificate);
            continue;
        }
        Server server({always("hello")}, {.tls = certificate});
        Client client = trusting();
        EXPECT_EQ(client.get({server.url("/", "registry.test")}), "hello");
    }
}

TEST_F(Tls, RefusesASelfSignedCertificate) {
    const Error error = refused(Authority::self_signed({"registry.test", {"registry.test"}}));
    EXPECT_THAT(error.message.english(),
                AllOf(HasSubstr("self-signed"), HasSubstr("--ca-cert FILE"), HasSubstr("CN=registry.test")));
}

TEST_F(Tls, RefusesAnUnknownAuthority) {
    const Error error = refused(Authority("Somebody Else").issue({"registry.test", {"registry.test"}}));
    EXPECT_THAT(error.message.english(),
                AllOf(HasSubstr("unknown authority (CN=Somebody Else)"), HasSubstr("REQUESTS_CA_BUNDLE")));
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
    const Error error = refused(authority.issue({"registry.test", {"registry.test"}, -30, -2}));
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("expired on 20"), HasSubstr("clock")));
}

TEST_F(Tls, RefusesACertificateOfTheFuture) {
    const Error error = refused(authority.issue({"registry.test", {"registry.test"}, 2, 30}));
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("not valid before 20"), HasSubstr("clock")));
}

TEST_F(Tls, InsecureAcceptsAnything) {
    Client client = insecure();
    for (const Certificate &certificate : {Authority::self_signed({"evil.test", {"evil.test"}}),
                                           authority.issue({"evil.test", {"evil.test"}, -30, -2})}) {
        Server server({always("hello")}, {.tls = certificate});
        EXPECT_EQ(client.get({server.url("/", "registry.test")}), "hello");
    }
}

TEST_F(Tls, RefusesOldTls) {
    for (const bool verify : {true, false}) {
        Server server({always("")}, {.tls = good, .highest_tls = TLS1_1_VERSION});
        Client client = verify ? trusting() : insecure();
        const Error error = failure_of([&] { client.get({server.url()}); });
        EXPECT_EQ(error.code, FERRY_E_TLS);
        EXPECT_THAT(error.message.english(), HasSubstr("no TLS 1.2"));
        EXPECT_TRUE(server.requests().empty());
    }
}

TEST_F(Tls, Speaks12And13) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Server server({always("hello")}, {.tls = good, .highest_tls = version});
        Client client = trusting();
        EXPECT_EQ(client.get({server.url()}), "hello");
        EXPECT_EQ(client.get({server.url()}), "hello");
        EXPECT_EQ(server.connections(), 1);
    }
}

TEST_F(Tls, SaysSoWhenTheServerSpeaksPlainHttp) {
    Server server({[](Peer &peer) {
        peer.receive();
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    }});
    Client client = trusting();
    const Error error =
        failure_of([&] { client.get({"https://registry.test:" + std::to_string(server.port()) + "/"}); });
    EXPECT_EQ(error.code, FERRY_E_TLS);
    EXPECT_FALSE(retryable(error));
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("does not speak TLS on that port"), HasSubstr("http://")));
}

TEST_F(Tls, SaysSoWhenAPlainRequestMeetsATlsServer) {
    Server server({[](Peer &peer) {
        peer.request();
        peer.send(std::string_view("\x15\x03\x01\x00\x02\x02\x0a", 7)); // alert: unexpected message
    }});
    Client client = trusting();
    const Error error = failure_of([&] { client.get({server.url()}); });
    EXPECT_EQ(error.code, FERRY_E_TLS);
    EXPECT_FALSE(retryable(error));
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("speaks TLS on that port"), HasSubstr("https://")));
}

TEST_F(Tls, NamesAServerThatHangsUpInTheHandshake) {
    Server server({[](Peer &peer) { peer.receive(); }});
    Client client = trusting();
    const Error error =
        failure_of([&] { client.get({"https://registry.test:" + std::to_string(server.port()) + "/"}); });
    EXPECT_EQ(error.code, FERRY_E_TLS);
    EXPECT_THAT(error.message.english(), HasSubstr("during the handshake"));
}

TEST_F(Tls, TakesNoCutForAnEnd) {
    const struct {
        const char *bytes;
        bool whole;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", false},
        {"HTTP/1.1 200 OK\r\n\r\n12345", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", true},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.bytes);
        Server server({cuts_after(row.bytes)}, {.tls = good});
        Client client = trusting();
        if (row.whole) {
            EXPECT_EQ(client.get({server.url()}), "12345");
            continue;
        }
        const auto response = client.open({server.url()});
        std::string got;
        const Error error = failure_of([&] {
            char buffer[100];
            while (const std::size_t some = response->read(Op(nullptr), buffer, sizeof buffer))
                got.append(buffer, some);
        });
        EXPECT_EQ(error.code, FERRY_E_TRUNCATED);
        EXPECT_TRUE(retryable(error));
        EXPECT_EQ(got, "12345") << "bytes before the cut are lost";
    }
}

TEST_F(Tls, AnOrderlyEndIsTheEndOfABodyWithoutLength) {
    Server server({[](Peer &peer) {
                      peer.request();
                      peer.send("HTTP/1.1 200 OK\r\n\r\n12345");
                      peer.close();
                  }},
                  {.tls = good});
    Client client = trusting();
    EXPECT_EQ(client.get({server.url()}), "12345");
}

TEST_F(Tls, ShowsAClientCertificate) {
    const Authority clients("clients");
    const Certificate mine = clients.issue({"me", {"me"}});
    net::TlsOptions options;
    options.ca_cert = ca_file;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Server server({always("hello")}, {.tls = good, .highest_tls = version, .client_authority = clients.pem()});
        options.client_cert = folder.write("me.crt", mine.pem);
        options.client_key = folder.write("me.key", mine.key);
        EXPECT_EQ(Client(options).get({server.url()}), "hello");
        options.client_cert = folder.write("both.pem", mine.pem + mine.key);
        options.client_key.clear();
        EXPECT_EQ(Client(options).get({server.url()}), "hello");

        Client without = trusting();
        const Error error = failure_of([&] { without.get({server.url()}); });
        EXPECT_EQ(error.code, FERRY_E_TLS) << error.message.english();
        EXPECT_THAT(error.message.english(), HasSubstr("--client-cert"));
    }
}

TEST_F(Tls, TwoThatHaveNoCipherInCommonWantNoCertificate) {
    // A server that refuses the very first message says alert 40, handshake_failure (RFC 8446 section 6.2).
    Server server({[](Peer &peer) {
        peer.receive();
        peer.send(std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7));
    }});
    Client client = trusting();
    const Error error = failure_of([&] { client.get({"https://127.0.0.1:" + std::to_string(server.port()) + "/"}); });
    EXPECT_EQ(error.code, FERRY_E_TLS);
    EXPECT_THAT(error.message.english(),
                AllOf(HasSubstr("cipher"), HasSubstr("in common"), Not(HasSubstr("client-cert"))));
}

TEST_F(Tls, RefusesUnusableFilesByName) {
    const Certificate one = authority.issue({"one", {"one"}}), two = authority.issue({"two", {"two"}});
    const std::string junk = folder.write("junk.pem", "junk");
    const std::string cert = folder.write("one.crt", one.pem), key = folder.write("two.key", two.key);
    std::filesystem::create_directory(folder.path() / "empty");
    const std::string empty = (folder.path() / "empty").string();
    const struct {
        net::TlsOptions options;
        std::string named, why;
    } rows[] = {
        {{false, "/nowhere.pem", "", ""}, "/nowhere.pem", "no such file"},
        {{false, junk, "", ""}, junk, "no PEM certificate"},
        {{false, empty, "", ""}, empty, "no .crt"},
        {{false, "", junk, ""}, junk, "client certificate"},
        {{false, "", cert, "/nowhere.key"}, "/nowhere.key", "no such file"},
        {{false, "", cert, junk}, junk, "no PEM private key"},
        {{false, "", cert, key}, key, "does not belong"},
        {{false, "", "", key}, key, "no client certificate"},
    };
    for (const auto &row : rows) {
        const Error error = failure_of([&] { Client client(row.options); });
        EXPECT_EQ(error.code, FERRY_E_INVALID);
        EXPECT_THAT(error.message.english(), AllOf(HasSubstr(row.named), HasSubstr(row.why)));
    }
}

TEST_F(Tls, TakesUpItsSessionOnTheNextConnection) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Server server({always("hello", "Connection: close\r\n")}, {.tls = good, .highest_tls = version});
        Client client = trusting();
        for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get({server.url("/", "registry.test")}), "hello");
        EXPECT_EQ(server.connections(), 3);
        EXPECT_EQ(server.resumed(), 2);
        EXPECT_EQ(client.get({server.url("/", "127.0.0.1")}), "hello");
        EXPECT_EQ(server.resumed(), 2) << "a session belongs to the name that was verified";
    }
}

TEST_F(Tls, TrustsAndShowsWhatIsInTheServersOwnFolder) {
    const Authority clients("clients");
    const Certificate mine = clients.issue({"me", {"me"}});
    Server server({always("hello")}, {.tls = good, .client_authority = clients.pem()});
    const std::string own = "certs.d/registry.test:" + std::to_string(server.port()) + "/";
    folder.write(own + "ca.crt", authority.pem());
    folder.write(own + "client.cert", mine.pem);
    folder.write(own + "client.key", mine.key);
    net::TlsOptions options;
    options.certs_dir = "/nowhere:" + (folder.path() / "certs.d").string();
    Client client(options, resolves_to({"127.0.0.1"}));
    EXPECT_EQ(client.get({server.url("/", "registry.test")}), "hello");
    EXPECT_THAT(failure_of([&] { client.get({server.url("/", "127.0.0.1")}); }).message.english(),
                HasSubstr("unknown authority"))
        << "another name has another folder";

    std::filesystem::remove(folder.path() / own / "client.key");
    Client without(options, resolves_to({"127.0.0.1"}));
    Error error = failure_of([&] { without.get({server.url("/", "registry.test")}); });
    EXPECT_EQ(error.code, FERRY_E_INVALID);
    EXPECT_THAT(error.message.english(), AllOf(HasSubstr("client.key"), HasSubstr("client.cert")));
    folder.write(own + "client.key", authority.issue().key);
    Client mismatched(options, resolves_to({"127.0.0.1"}));
    error = failure_of([&] { mismatched.get({server.url("/", "registry.test")}); });
    EXPECT_EQ(error.code, FERRY_E_INVALID);
    EXPECT_THAT(error.message.english(),
                AllOf(HasSubstr("does not belong"), HasSubstr("CN=me"), HasSubstr("client.key")));
}

TEST_F(Tls, IsInsecureForTheNamedServersAlone) {
    const Certificate strange = Authority::self_signed({"evil.test", {"evil.test"}});
    Server server({always("hello")}, {.tls = strange});
    net::TlsOptions options;
    options.insecure_servers = {net::parse_server("registry.test:" + std::to_string(server.port()), "insecure")};
    Client client(options, resolves_to({"127.0.0.1"}));
    EXPECT_EQ(client.get({server.url("/", "registry.test")}), "hello");
    EXPECT_EQ(failure_of([&] { client.get({server.url("/", "other.test")}); }).code, FERRY_E_TLS);
}

TEST_F(Tls, SpeaksNothingBelowTheLowestVersion) {
    Server server({always("hello")}, {.tls = good, .highest_tls = TLS1_2_VERSION});
    net::TlsOptions options;
    options.ca_cert = ca_file;
    options.min_tls = "1.3";
    const Error error = failure_of([&] { Client(options).get({server.url()}); });
    EXPECT_EQ(error.code, FERRY_E_TLS);
    EXPECT_THAT(error.message.english(),
                AllOf(HasSubstr("no TLS 1.3"), HasSubstr("--min-tls"), Not(HasSubstr("software"))));
    options.min_tls = "1.2";
    EXPECT_EQ(Client(options).get({server.url()}), "hello");
    options.min_tls = "1.1";
    EXPECT_EQ(failure_of([&] { Client bad(options); }).code, FERRY_E_INVALID);
}
