// Where the authorities of a system are found, and that what is found there is trusted.
#include "support/authority.h"
#include "support/folder.h"
#include "transport/authorities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ferry::net::os {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Strings = std::vector<std::string>;

// What is a file on a system, and where its OpenSSL looks.
struct System {
    Strings files;
    std::string built = "/usr/lib/ssl"; // as Debian builds it
};

TrustPlaces places_on(const System &system, const std::string &file = "", const std::string &folders = "") {
    return choose_places({system.built + "/cert.pem", system.built + "/certs", file, folders},
                         [&](const std::string &path) {
                             return std::find(system.files.begin(), system.files.end(), path) != system.files.end();
                         });
}

TEST(TrustPlaces, TheFirstBundleThatASystemHasIsAlwaysRead) {
    const struct {
        const char *name;
        System system;
        Strings bundles;
    } rows[] = {
        {"Debian", {{"/etc/ssl/certs/ca-certificates.crt"}}, {"/etc/ssl/certs/ca-certificates.crt"}},
        {"Debian with OpenSSL's link",
         {{"/usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"}},
         {"/usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"}},
        {"a bundle alone in OpenSSL's own folder",
         {{"/etc/ssl/certs/ca-certificates.crt"}, "/etc/ssl"},
         {"/etc/ssl/certs/ca-certificates.crt"}},
        {"RHEL 7, whose /etc/ssl/certs leads to a folder without hashes",
         {{"/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
           "/etc/ssl/certs/ca-bundle.crt"}},
         {"/etc/pki/tls/certs/ca-bundle.crt"}},
        {"RHEL 7 before its compatibility links",
         {{"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"}, "/etc/pki/tls"},
         {"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"}},
        {"SUSE", {{"/etc/ssl/ca-bundle.pem"}}, {"/etc/ssl/ca-bundle.pem"}},
        {"OpenELEC", {{"/etc/pki/tls/cacert.pem"}}, {"/etc/pki/tls/cacert.pem"}},
        {"Alpine, by OpenSSL as built for it",
         {{"/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"}, "/etc/ssl"},
         {"/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"}},
        {"Alpine without ca-certificates", {{"/etc/ssl/cert.pem"}}, {"/etc/ssl/cert.pem"}},
        {"Synology DSM",
         {{"/etc/ssl/certs/ca-certificates.crt"}, "/usr/syno/ssl"},
         {"/etc/ssl/certs/ca-certificates.crt"}},
        {"an OpenSSL of its own", {{"/opt/ssl/cert.pem"}, "/opt/ssl"}, {"/opt/ssl/cert.pem"}},
        {"none", {{}}, {}},
    };
    for (const auto &row : rows) {
        const TrustPlaces places = places_on(row.system);
        EXPECT_EQ(places.bundles, row.bundles) << row.name;
        // Without a bundle, folders of files that nobody hashed are all that there is.
        EXPECT_EQ(places.every_file, row.bundles.empty()) << row.name;
    }
}

TEST(TrustPlaces, FoldersOfHashedCertificatesAreLookedIntoBesideTheBundle) {
    EXPECT_THAT(places_on({{"/etc/ssl/certs/ca-certificates.crt"}}).folders,
                ElementsAre("/usr/lib/ssl/certs", "/etc/ssl/certs", "/etc/pki/tls/certs"));
    EXPECT_THAT(places_on({{}, "/etc/ssl"}).folders, ElementsAre("/etc/ssl/certs", "/etc/pki/tls/certs"));
}

TEST(TrustPlaces, TheEnvironmentReplacesWhatTheSystemHas) {
    const System debian{{"/usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"}};
    const TrustPlaces file = places_on(debian, "/home/me/corp.pem");
    EXPECT_THAT(file.bundles, ElementsAre("/home/me/corp.pem"));
    EXPECT_EQ(file.folders, places_on(debian).folders);
    EXPECT_FALSE(file.every_file);

    const TrustPlaces folders = places_on(debian, "", ":/one::/two:");
    EXPECT_EQ(folders.bundles, places_on(debian).bundles);
    EXPECT_THAT(folders.folders, ElementsAre("/one", "/two"));
    EXPECT_TRUE(folders.every_file) << "who names a folder need not hash what is in it";

    EXPECT_EQ(places_on({{}}, "/a", "/b"), (TrustPlaces{{"/a"}, {"/b"}, true}));
}

class TrustStore : public testing::Test {
protected:
    // The names of the authorities that the places give.
    Strings found(const TrustPlaces &places) {
        X509_STORE *store = X509_STORE_new();
        add_authorities(store, places);
        Strings names;
        const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
        for (int i = 0; i < sk_X509_OBJECT_num(all); ++i)
            if (const X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i))) {
                char name[100] = "";
                X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
                names.push_back(name);
            }
        X509_STORE_free(store);
        std::sort(names.begin(), names.end());
        return names;
    }

    const test::Folder folder;
    const test::Authority one{"one"}, two{"two"};
};

TEST_F(TrustStore, ABundleIsReadWhateverElseItsFolderHolds) {
    const std::string bundle = folder.write("ca-certificates.crt", one.pem() + two.pem());
    folder.write("README", "no certificate");
    EXPECT_THAT(found({{bundle}, {folder.path().string()}}), ElementsAre("one", "two"));
}

TEST_F(TrustStore, WhatIsMissingOrDamagedTakesNothingFromTheRest) {
    const std::string good = folder.write("good.pem", one.pem()), bad = folder.write("bad.pem", "?");
    EXPECT_THAT(found({{"/nowhere/bundle.pem", bad, good}, {"/nowhere", folder.path().string()}}), ElementsAre("one"));
}

TEST_F(TrustStore, FilesOfAFolderAreReadOneByOneOnlyWhereThatIsAskedFor) {
    folder.write("one.pem", one.pem());
    folder.write("two.crt", two.pem());
    EXPECT_THAT(found({{}, {folder.path().string()}, true}), ElementsAre("one", "two"));
    EXPECT_THAT(found({{}, {folder.path().string()}, false}), IsEmpty());
}

} // namespace
} // namespace ferry::net::os
