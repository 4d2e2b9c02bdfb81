// Hosts as addresses, and the private part of the network: against tables, and against the system's own reader.
#include <ferry/kit/address.hpp>

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>

namespace ferry::kit {
namespace {

// What getaddrinfo(3) takes a host for without asking a server; nothing: a name.
std::optional<Address> of_system(const std::string &host) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
    Address out{};
    if (found->ai_family == AF_INET6) {
        std::memcpy(out.data(), &reinterpret_cast<sockaddr_in6 *>(found->ai_addr)->sin6_addr, 16);
    } else {
        out[10] = out[11] = 0xFF;
        std::memcpy(out.data() + 12, &reinterpret_cast<sockaddr_in *>(found->ai_addr)->sin_addr, 4);
    }
    freeaddrinfo(found);
    return out;
}

TEST(Address, IsWhatTheSystemReads) {
    for (const char *host : {"1.2.3.4",
                             "127.1",
                             "0x7f.1",
                             "0X7F.1",
                             "0x7f000001",
                             "2130706433",
                             "017700000001",
                             "0177.0.0.01",
                             "0",
                             "0x",
                             "0.0",
                             "1.2.3",
                             "1.2.65535",
                             "1.2.65536",
                             "256.1",
                             "1.256.1.1",
                             "1.2.3.256",
                             "1.16777215",
                             "1.16777216",
                             "4294967295",
                             "4294967296",
                             "08",
                             "09.1",
                             "0x1g",
                             "1.2.3.4.5",
                             "1.2.3.4.",
                             ".1",
                             "1..2",
                             "",
                             "a",
                             "1a",
                             "-1",
                             "+1",
                             " 1",
                             "::",
                             "::1",
                             "::ffff:10.0.0.1",
                             "::10.0.0.1",
                             "64:ff9b::1.2.3.4",
                             "1:2:3:4:5:6:7:8",
                             "1:2:3:4:5:6:7",
                             "1:2:3:4:5:6:7:8:9",
                             "1::2::3",
                             ":1",
                             "1:",
                             ":::",
                             "::1:2:3:4:5:6:7",
                             "::1:2:3:4:5:6:7:8",
                             "1:2:3:4:5:6:7::",
                             "fffff::",
                             "::g",
                             "1:2:3:4:5:6:1.2.3.4",
                             "FE80::ABCD",
                             "2001:db8::"})
        EXPECT_EQ(parse_address(host), of_system(host)) << host;
    EXPECT_EQ(parse_address("[::1]"), parse_address("::1"));
    EXPECT_EQ(parse_address("fe80::1%eth0"), parse_address("fe80::1"));
}

TEST(Loopback, IsWhatNeverLeavesTheMachine) {
    for (const char *host : {"localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.9.8.7", "127.1",
                             "0x7f.1", "2130706433", "017700000001", "::1", "[::1]", "0:0:0:0:0:0:0:1"})
        EXPECT_TRUE(is_loopback(host)) << host;
    for (const char *host :
         {"", "[", "]", "[]", "localhost.example", "notlocalhost", ".localhost.example", "10.0.0.1", "128.0.0.1",
          "127.0.0.1.example", "::2", "[::2]", "12.7.0.1", "1270.0.0.1", "0.0.0.0", "nas"})
        EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(Private, IsWhatThePublicNetworkHasNot) {
    for (const char *host :
         {// the ranges, at both ends
          "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
          "127.255.255.255", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.0",
          "192.0.0.192", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "224.0.0.1",
          "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "64:ff9b::a9fe:a9fe",
          "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "2001::1", "2002:a9fe:a9fe::1",
          "2002::", "fc00::", "fd00:ec2::254", "fdff::", "fe80::1", "febf::1", "fec0::1", "ff02::1",
          // IPv4 within IPv6
          "::ffff:10.0.0.1", "::ffff:7f00:1", "::FFFF:a9fe:a9fe", "::169.254.169.254", "::a9fe:a9fe",
          // odd spellings
          "127.1", "10.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0xA9FEA9FE",
          "2852039166", "0251.0376.0251.0376", "169.16689662", "0", "[::1]", "[fe80::1%eth0]", "[fe80::1%25eth0]",
          // names
          "localhost", "LOCALHOST.", "a.localhost", "nas", "metadata", "nas.local", "harbor.lan", "minio.internal",
          "metadata.google.internal", "registry.home.arpa", "x.localdomain", "x.test", "router.corp", "nas.home",
          "printer.intranet", "db.private", "NAS.HOME.", ""})
        EXPECT_TRUE(is_private(host)) << host;
    for (const char *host : {"1.0.0.0",
                             "8.8.8.8",
                             "9.255.255.255",
                             "11.0.0.0",
                             "100.63.255.255",
                             "100.128.0.0",
                             "126.255.255.255",
                             "128.0.0.1",
                             "169.253.0.1",
                             "169.255.0.0",
                             "172.15.255.255",
                             "172.32.0.0",
                             "192.0.1.0",
                             "192.167.255.255",
                             "192.169.0.1",
                             "198.17.255.255",
                             "198.20.0.0",
                             "223.255.255.255",
                             "134744072",
                             "2001:db8::1",
                             "2003::1",
                             "fe00::1",
                             "::ffff:8.8.8.8",
                             "64:ff9a::1",
                             "2606:4700::1111",
                             "registry.example",
                             "10.0.0.1.example",
                             "localhost.example",
                             "local.example",
                             "lan.example.org",
                             "corp.example",
                             "notlocal.examplelocal.com",
                             "notcorp.examplecorp",
                             "1.2.3.4.5.com",
                             "169.254.169.254.nip.example"})
        EXPECT_FALSE(is_private(host)) << host;
}

} // namespace
} // namespace ferry::kit
