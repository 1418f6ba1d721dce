#include "content/provenance/packet_parsers.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "content/provenance/cbor.h"
#include "content/provenance/shown_text.h"
#include "support/metadata_bombs.h"

using namespace vcache;
using namespace vcache::test;
using namespace std::string_literals;
using content::ShownText;

namespace {

std::optional<content::CborValue> Cbor(std::string_view bytes) {
  std::size_t values = content::kMaxCborValues;
  return content::ReadCbor(bytes, values);
}

std::vector<content::CborValue> ItemsOf(const content::CborValue& value) {
  std::vector<content::CborValue> items;
  content::CborWalk walk(value);
  while (const auto item = walk.Next()) items.push_back(item->value);
  return items;
}

}  // namespace

TEST_CASE("ParseXmp: a property is known by its namespace, whatever its prefix is") {
  const std::string packet =
      "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
      "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
      "xmlns:zz='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'><zz:DigitalSourceType>http://a/"
      "</zz:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>";
  CHECK(content::ParseXmp(packet).source_type == "http://a/");
  std::string other = packet;
  other.replace(other.find("Iptc4xmpExt/2008"), 4, "Abcd");
  CHECK(content::ParseXmp(other).source_type.empty());
}

TEST_CASE("ParseXmp: threads may come at once") {
  const std::string packet = SourceTypeXmp("digitalCapture");
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (std::size_t i = 0; i < right.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        if (content::ParseXmp(packet).source_type.ends_with("digitalCapture")) ++right[i];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : right) CHECK(count == 50);
}

TEST_CASE("Packet parsers: what is no packet says nothing and throws nothing") {
  for (const std::string& packet : {""s, "x"s, "<x:xmpmeta>"s, "MM"s, "II*\0\xFF\xFF\xFF\xFF"s,
                                    "\x1C\x02\x6E\xFF\xFF"s, std::string(300'000, 'x')}) {
    CHECK(content::ParseXmp(packet).creator_tool.empty());
    CHECK(content::ParseExif(packet).software.empty());
    CHECK(content::ParseIptc(packet).credit.empty());
  }
}

TEST_CASE("Packet parsers: a packet cut off or spoiled at any byte is survived") {
  const std::string exif = ExifPacket({{0x010F, "Canon"}, {0x0131, "Midjourney"}});
  const std::string xmp = SourceTypeXmp("digitalCapture");
  for (std::size_t i = 0; i < exif.size(); ++i) {
    content::ParseExif(exif.substr(0, i));
    std::string spoiled = exif;
    spoiled[i] = '\xFF';
    const auto facts = content::ParseExif(spoiled);
    CHECK(facts.software.size() <= exif.size());
  }
  for (std::size_t i = 0; i < xmp.size(); ++i) {
    CHECK(content::ParseXmp(xmp.substr(0, i)).source_type.size() <= xmp.size());
  }
}

TEST_CASE("ParseExif: makers' notes are not read, and what stands beside them is") {
  const std::string notes = Be(0x927C, 2) + Be(7, 2) + Be(UINT32_MAX, 4) + Be(1, 4);
  std::string packet = CommentExif("Steps: 1");
  // In place of the entry for the directory of Exif stays one; the notes follow the comment.
  const std::size_t directory = 26;
  packet.replace(directory, 2, Be(2, 2));
  packet.insert(directory + 2 + 12, notes);
  packet.replace(directory + 2 + 8, 4, Be(44 + 12, 4));
  CHECK(content::ParseExif(packet).comment == "Steps: 1");
}

TEST_CASE("ReadCbor: reads maps, arrays, texts, tags, and over all else") {
  const std::string bytes =
      "\xBF"s + CborText("a") + CborArray({"\x18\x2A"s, "\xF9\x3C\x00"s, CborText("x")}) +
      CborText("b") + "\xC1" + CborText("tagged") + "\x05" + CborText("number as key") + "\xFF";
  const auto value = Cbor(bytes);
  REQUIRE(value);
  const auto list = value->Find("a");
  REQUIRE(list);
  CHECK(ItemsOf(*list).size() == 3);
  CHECK(ItemsOf(*list).at(2).text == "x");
  CHECK(value->TextOf("b") == "tagged");
  CHECK(value->TextOf("c").empty());
  CHECK_FALSE(list->Find("a"));
  CHECK(ItemsOf(*value).size() == 3);
  CHECK(ItemsOf(*value).at(2).text == "number as key");
}

TEST_CASE("ReadCbor: refuses what is malformed, too deep, too long or cut off") {
  for (const std::string& bytes :
       {""s, "\xFF"s, "\x1C"s, "\x5F\x41\x61\xFF"s, "\x7F\x61\x61\xFF"s, "\x9F\x01"s,
        "\xBF\x61\x61\xFF"s, "\x82\x01"s, "\x9B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s,
        "\x7B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x61"s, "\x81\xFF"s, "\xFB\0"s}) {
    CAPTURE(bytes);
    CHECK_FALSE(Cbor(bytes));
  }
  CHECK(Cbor(Repeated("\x81", content::kMaxCborDepth) + "\x01"));
  CHECK_FALSE(Cbor(Repeated("\x81", content::kMaxCborDepth + 1) + "\x01"));
  CHECK_FALSE(Cbor(Repeated("\xC1", 100'000)));
  CHECK_FALSE(Cbor("\x9F" + Repeated("\x01", content::kMaxCborValues + 1) + "\xFF"));
  CHECK(Cbor(CborText(std::string(60'000, 'x')))->text.size() == content::kMaxCborText);
}

TEST_CASE("ShownText: keeps what can be shown, and cuts between characters") {
  CHECK(ShownText("  caf\xC3\xA9\t\n x ", 100) == "caf\xC3\xA9 x");
  CHECK(ShownText("ab\xC3\xA9", 3) == "ab");
  CHECK(ShownText("\xED\xA0\x80 \xC0\xAF \xF5", 100) == "");
  CHECK(ShownText("a\xE2\x80\xAE"
                  "b\xE2\x81\xA6"
                  "c\xC2\x85"
                  "d\x7F",
                  100) == "a b c d");
  CHECK(ShownText("\xF0\x9F\x98\x80", 3) == "");
}
