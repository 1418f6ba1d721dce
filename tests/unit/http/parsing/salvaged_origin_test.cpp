#include "http/parsing/salvaged_origin.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache::http;

TEST_CASE("SalvageOrigin: finds the one Origin of a head that nobody could use (H23)") {
  for (const std::string& head :
       {std::string("GET / HTTP/9.9\r\nOrigin: https://site.example\r\n\r\n"),
        std::string("GET / HTTP/1.1\nORIGIN:https://site.example\nHost: x\n\n"),
        std::string("\r\nGET /\r\nA b: c\r\norigin: \t https://site.example \r\nX: unfinish"),
        std::string("nonsense\r\n: x\r\nOrigin: https://site.example\r\n"),
        "GET / HTTP/1.1\r\nOrigin: https://site.example\r\nA: " + std::string(20'000, 'x')}) {
    CAPTURE(head.substr(0, 80));
    CHECK(SalvageOrigin(head) == "https://site.example");
  }
}

TEST_CASE("SalvageOrigin: takes none that is not whole, not a field, or not the only one (S8)") {
  for (const std::string& head :
       {std::string(), std::string("\n\n\n"), std::string("Origin: https://site.example\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nOrigin: https://site.exampl"),
        std::string("GET / HTTP/1.1\r\nOrigin : https://site.example\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\nOrigin: https://site.example\r\n"),
        std::string("GET / HTTP/1.1\r\nOrigin: a\r\nOrigin: a\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nOrigin: a\rb\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nOrigin: a\0b\r\n\r\n", 31),
        std::string("GET / HTTP/1.1\r\nX-Origin: a\r\nOrigins: b\r\n\r\n")}) {
    CAPTURE(head);
    CHECK_FALSE(SalvageOrigin(head));
  }
}
