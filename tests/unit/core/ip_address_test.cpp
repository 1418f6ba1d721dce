#include "vcache/core/ip_address.h"

#include <doctest/doctest.h>

using namespace vcache;

namespace {

std::string Spelling(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  return address ? address->Text() : "none";
}

std::string GroupOf(std::string_view text) {
  return IpAddress::Parse(text).value().Group();
}

bool Has(std::string_view network, std::string_view address) {
  return IpNetwork::Parse(network).value().Contains(IpAddress::Parse(address).value());
}

}  // namespace

TEST_CASE("IpAddress: one spelling for each address, and nothing but addresses") {
  CHECK(Spelling("192.0.2.1") == "192.0.2.1");
  CHECK(Spelling("2001:DB8:0:0:0:0:0:1") == "2001:db8::1");
  CHECK(Spelling("::ffff:192.0.2.1") == "192.0.2.1");
  for (const char* text : {"", "192.0.2", "192.0.2.256", "192.0.2.1 ", "192.0.2.1:80", "[::1]",
                           "fe80::1%eth0", "example", "::1::", "0x7f.1"}) {
    CAPTURE(text);
    CHECK(Spelling(text) == "none");
  }
  CHECK(Spelling(std::string(5'000, '1')) == "none");
  CHECK(Spelling(std::string_view("192.0.2.1\0", 10)) == "none");
}

TEST_CASE("IpAddress: limits count an IPv6 network of 64 bits as one") {
  CHECK(GroupOf("192.0.2.1") == "192.0.2.1");
  CHECK(GroupOf("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
  CHECK(GroupOf("2001:db8:1:2:ffff::") == GroupOf("2001:db8:1:2::9"));
  CHECK(GroupOf("2001:db8:1:3::") != GroupOf("2001:db8:1:2::"));
}

TEST_CASE("IpNetwork: holds what has the same first bits") {
  CHECK(Has("10.0.0.0/8", "10.255.1.2"));
  CHECK_FALSE(Has("10.0.0.0/8", "11.0.0.0"));
  CHECK(Has("192.0.2.128/25", "192.0.2.200"));
  CHECK_FALSE(Has("192.0.2.128/25", "192.0.2.127"));
  CHECK(Has("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(Has("192.0.2.1", "192.0.2.2"));
  CHECK(Has("0.0.0.0/0", "192.0.2.2"));
  CHECK_FALSE(Has("0.0.0.0/0", "::1"));
  CHECK(Has("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(Has("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(Has("::/0", "::1"));
}

TEST_CASE("IpNetwork: a length that is none, or bits behind it, are a mistake") {
  for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "/8", "::1/64",
                           "::/129", "10.0.0.0/8/8", "example/8", ""}) {
    CAPTURE(text);
    CHECK_FALSE(IpNetwork::Parse(text));
  }
  CHECK(IpNetwork::Parse("10.0.0.0/8")->Text() == "10.0.0.0/8");
  CHECK(IpNetwork::Parse("::1")->Text() == "::1/128");
}
