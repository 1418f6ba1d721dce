// What reading metadata may cost at most, tried with packets made to cost much.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "content/provenance/known_generators.h"
#include "content/provenance/packet_parsers.h"
#include "support/cost_meter.h"
#include "support/metadata_bombs.h"
#include "vcache/content/provenance/provenance.h"

using namespace vcache::test;
using namespace std::string_literals;
using vcache::content::kMaxPacketBytes;
using vcache::content::MediaType;

namespace {

void CheckCost(const Cost& cost, std::size_t size) {
  CAPTURE(size);
  CHECK(cost.bytes <= MostPacketMemory(size));
  CHECK(cost.time <= kMostPacketTime);
}

void CheckXmpCost(const std::string& packet) {
  REQUIRE(packet.size() <= kMaxPacketBytes);
  std::string copy;
  const Cost cost = CostOf([&] {
    copy = packet;
    vcache::content::ParseXmp(std::move(copy));
  });
  CheckCost(cost, packet.size());
}

Cost FileCost(const std::string& file, MediaType type) {
  const auto spool = SpoolOf(file);
  return CostOf([&] { vcache::content::ReadProvenance(spool, type); });
}

std::string FilledTo(std::string_view piece, std::size_t size) {
  return Repeated(piece, size / piece.size());
}

}  // namespace

TEST_CASE("Metadata costs: directories of EXIF that share their values") {
  for (const std::uint64_t type : {2, 5, 7, 1, 12}) {
    const std::string packet = ExifBomb(type, type == 5 || type == 12 ? 212'708 / 8 : 212'708);
    REQUIRE(packet.size() <= kMaxPacketBytes);
    CheckCost(CostOf([&] { vcache::content::ParseExif(packet); }), packet.size());
    CheckCost(FileCost(Png(PngChunk("eXIf", packet)), MediaType::kPng), packet.size());
  }
}

TEST_CASE("Metadata costs: values that are each as long as their packet") {
  for (const std::size_t size : {200u, 20'000u, 250'000u}) {
    const std::string text(size, 'x');
    std::string packet = ExifPacket({{0x010F, text}, {0x0110, ""}, {0x0131, ""}});
    for (const std::size_t entry : {1u, 2u}) {
      packet.replace(10 + entry * 12 + 4, 8, packet.substr(10 + 4, 8));
    }
    vcache::content::ExifFacts facts;
    CheckCost(CostOf([&] { facts = vcache::content::ParseExif(packet); }), packet.size());
    CHECK(facts.make.size() == std::min(size, vcache::content::kMaxValueBytes));
    CHECK(facts.model.empty());  // all together are no longer than the packet
  }
}

TEST_CASE("Metadata costs: directories of EXIF that lead to themselves or are endless") {
  const std::string loop = "MM" + Be(42, 2) + Be(8, 4) +
                           TiffDirectory({{0x8769, 4, 1, 8}, {0x9286, 7, 100, 0}}, 8) + Zeros(100);
  CheckCost(CostOf([&] { vcache::content::ParseExif(loop); }), loop.size());
  const std::string many = "II*\0\x08\0\0\0"s + Le(20'000, 2) +
                           Repeated(Le(0x0131, 2) + Le(2, 2) + Le(240'000, 4) + Le(8, 4), 20'000);
  CheckCost(CostOf([&] { vcache::content::ParseExif(many); }), many.size());
}

TEST_CASE("Metadata costs: IPTC of empty data sets, and of long ones") {
  for (const std::string& packet :
       {FilledTo("\x1C\x02\x6E\0\0"s, kMaxPacketBytes), std::string(kMaxPacketBytes, '\x1C'),
        FilledTo("\x1C\x02\x41\x80\x04\0\0\0\x01x"s, kMaxPacketBytes),
        "\x1C\x02\x6E\x80\x04\0\x03\xFF\0"s + std::string(kMaxPacketBytes - 9, 'x')}) {
    CheckCost(CostOf([&] { vcache::content::ParseIptc(packet); }), packet.size());
  }
}

TEST_CASE("Metadata costs: long names in XMP with many children") {
  CheckXmpCost(XmpNameBomb(110'000, 1900));
  CheckXmpCost(XmpNameBomb(200, 6500));
  CheckXmpCost(XmpOf(FilledTo("<xmp:" + std::string(200, 'n') + "/>", 250'000)));
}

TEST_CASE("Metadata costs: long namespaces in XMP, and many") {
  CheckXmpCost(XmpNamespaceBomb(120'000, 10'000));
  CheckXmpCost(XmpNamespaceBomb(10, 17'000));
  std::string many;
  for (int i = 0; i < 8000; ++i) many += " xmlns:p" + std::to_string(i) + "='u'";
  CheckXmpCost(XmpOf("<a" + many + "/>"));
  std::string credits;
  for (int i = 0; i < 8000; ++i) credits += "<p" + std::to_string(i % 99) + ":Credit/>";
  CheckXmpCost(XmpOf(credits));
}

TEST_CASE("Metadata costs: XMP of one huge piece, or of the smallest ones") {
  for (const std::string& piece :
       {"<a>"s, "<a/>"s, "&amp;"s, "&#x41;"s, "x"s, "\n"s, "<!---->"s, "<?a?>"s, "<![CDATA[]]>"s,
        "]"s, "<rdf:li/>"s, "<xmp:CreatorTool/>"s, "<xmp:CreatorTool>x</xmp:CreatorTool>"s}) {
    CheckXmpCost(XmpOf(FilledTo(piece, 250'000)));
    CheckXmpCost(XmpOf("<xmp:CreatorTool>" + FilledTo(piece, 250'000)));
    CheckXmpCost("<a b='" + FilledTo(piece, 250'000) + "'/>");
    CheckXmpCost("<!--" + FilledTo(piece, 250'000));
    CheckXmpCost(FilledTo(piece, 250'000));
  }
  std::string elements;
  for (int i = 0; elements.size() < 240'000; ++i) elements += "<a" + std::to_string(i) + "/>";
  CheckXmpCost(XmpOf(elements));
}

TEST_CASE("Metadata costs: XMP whose entities multiply is refused at its document type") {
  std::string entities = "<!DOCTYPE a [<!ENTITY e0 'xxxxxxxxxx'>";
  for (int i = 1; i < 12; ++i) {
    entities += "<!ENTITY e" + std::to_string(i) + " '" +
                Repeated("&e" + std::to_string(i - 1) + ";", 10) + "'>";
  }
  CheckXmpCost(entities + "]><a>&e11;</a>");
  CheckXmpCost("<!DOCTYPE a [" + FilledTo("<!ENTITY e 'x'>", 250'000) + "]><a/>");
}

TEST_CASE("Metadata costs: manifests of the smallest values") {
  const std::string small = Box("cbor", "\x9F" + std::string(4090, '\1') + "\xFF");
  const std::string empty_actions = Box(
      "cbor", CborHeadOf(5, 1) + CborText("actions") + "\x9F" + std::string(4000, '\xA0') + "\xFF");
  const std::string actions =
      Box("cbor", CborMap({{"actions", "\x9F" + Repeated(Action("x"), 400) + "\xFF"}}));
  for (const std::string& cbor : {small, empty_actions, actions}) {
    const std::string assertions =
        Jumbf("c2pa.assertions", Repeated(Jumbf("c2pa.actions", cbor), 60));
    const std::string claims = Repeated(Jumbf("c2pa.claim", cbor), 60);
    const std::string one = Jumbf("c2pa.assertions", Jumbf("c2pa.actions", cbor));
    for (const std::string& manifests :
         {Repeated(Jumbf("m", assertions), 4), Repeated(Jumbf("m", claims), 4),
          Repeated(Jumbf("m", one), 60)}) {
      const std::string store = C2paStore(manifests);
      CheckCost(FileCost(Png(PngChunk("caBX", store)), MediaType::kPng), store.size());
      const std::string pieces = JumbfSegments(store, store.size() / 250);
      CheckCost(FileCost(Jpeg(pieces), MediaType::kJpeg), store.size());
    }
  }
}

TEST_CASE("Metadata costs: texts of a PNG that almost name every generator") {
  for (const std::string& piece :
       {"d "s, "Stable Diffusio "s, "a "s, "S"s, "made with google a-"s}) {
    for (const char* keyword : {"Software", "parameters", "workflow", "Comment", "AIGC"}) {
      const std::string text = "{" + FilledTo(piece, 32'000);
      const std::string file = Png(Repeated(PngText(keyword, text), 16));
      CheckCost(FileCost(file, MediaType::kPng), file.size());
    }
  }
}
