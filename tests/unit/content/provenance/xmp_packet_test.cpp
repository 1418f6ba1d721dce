#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "content/provenance/packet_parsers.h"
#include "content/provenance/xml_stream.h"
#include "support/metadata_bombs.h"

using namespace vcache::test;
using namespace std::string_literals;
using vcache::content::kMaxValueBytes;
using vcache::content::kMaxXmlDepth;
using vcache::content::kMaxXmlMarks;
using vcache::content::kMaxXmlNameBytes;
using vcache::content::ParseXmp;
using vcache::content::StreamXml;

namespace {

/// Writes down what it is told.
class Recorder : public vcache::content::XmlReader {
 public:
  void OnStart(std::string_view name, const vcache::content::XmlAttributes& attributes) override {
    told += "<" + std::string(name);
    attributes.ForEach([&](std::string_view key, std::string_view value) {
      told += " " + std::string(key) + "=" + std::string(value);
    });
    told += ">";
  }
  void OnText(std::string_view piece) override { told += piece; }
  void OnEnd() override { told += "</>"; }

  std::string told;
};

bool Reads(const std::string& text) {
  Recorder recorder;
  return StreamXml(text, recorder);
}

std::string Told(const std::string& text) {
  Recorder recorder;
  return StreamXml(text, recorder) ? recorder.told : "refused";
}

/// The source type in a packet whose first description holds these properties.
std::string SourceTypeIn(std::string_view properties) {
  return ParseXmp(XmpOf(properties)).source_type;
}

std::string Utf16(std::string_view ascii, bool big_endian) {
  std::string wide = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) wide += big_endian ? "\0"s + c : c + "\0"s;
  return wide;
}

}  // namespace

TEST_CASE("StreamXml: tells elements, attributes and text in their order") {
  CHECK(Told("<?xpacket?><!-- <a><b> --><a b='>' c='&lt;&#65;'>x<c/>y</a><?xpacket?>") ==
        "<a b=> c=<A>x<c></>y</>");
  CHECK(Told("<a><![CDATA[<b>]]></a>") == "<a><b></>");
  CHECK(Told(Utf16("<?xml version='1.0' encoding='UTF-16'?><a>x</a>", true)) == "<a>x</>");
  CHECK(Told("\xEF\xBB\xBF<a/>") == "<a></>");
}

TEST_CASE("StreamXml: what follows the root element is not looked at") {
  CHECK(Told("<a/>" + Zeros(20)) == "<a></>");
  CHECK(Told("<a/><b>") == "<a></>");
}

TEST_CASE("StreamXml: refuses what is malformed, and entities whole") {
  for (const std::string& text :
       {""s, "x"s, "<a b='"s, "<a>"s, "<a></b>"s, "<a b='1' b='2'/>"s, "<a>&b;</a>"s,
        "<a>\x01</a>"s, "<a>\xC0\xAF</a>"s, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"s,
        "<!DOCTYPE a><a/>"s, "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"s,
        "<?xml version='1.0' encoding='x-unknown'?><a/>"s}) {
    CAPTURE(text);
    CHECK_FALSE(Reads(text));
  }
}

TEST_CASE("StreamXml: depth, names and marks are bounded") {
  const auto nested = [](int depth) {
    return Repeated("<a>", static_cast<std::size_t>(depth)) +
           Repeated("</a>", static_cast<std::size_t>(depth));
  };
  CHECK(Reads(nested(kMaxXmlDepth)));
  CHECK_FALSE(Reads(nested(kMaxXmlDepth + 1)));
  CHECK(Reads("<a>" + Repeated("<b/>", kMaxXmlMarks - 1) + "</a>"));
  CHECK_FALSE(Reads("<a>" + Repeated("<b/>", kMaxXmlMarks) + "</a>"));
  CHECK_FALSE(Reads("<a>" + Repeated("<b c='' d='' e=''/>", kMaxXmlMarks / 4) + "</a>"));
  CHECK(Reads("<" + std::string(kMaxXmlNameBytes, 'a') + "/>"));
  CHECK_FALSE(Reads("<" + std::string(kMaxXmlNameBytes + 1, 'a') + "/>"));
  CHECK_FALSE(Reads("<a " + std::string(kMaxXmlNameBytes + 1, 'b') + "=''/>"));
}

TEST_CASE("ParseXmp: a property may be an attribute, an element, a list or a structure") {
  CHECK(ParseXmp(XmpPacket("Iptc4xmpExt:DigitalSourceType='a'")).source_type == "a");
  const std::pair<std::string, std::string> forms[] = {
      {"<Iptc4xmpExt:DigitalSourceType>a</Iptc4xmpExt:DigitalSourceType>", "a"},
      {"<Iptc4xmpExt:DigitalSourceType rdf:resource='a'/>", "a"},
      {"<Iptc4xmpExt:DigitalSourceType><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag>"
       "</Iptc4xmpExt:DigitalSourceType>",
       "a"},
      {"<Iptc4xmpExt:DigitalSourceType>\n <rdf:Seq>\n  <rdf:li>a</rdf:li>\n  "
       "<rdf:li rdf:resource='b'/>\n </rdf:Seq>\n</Iptc4xmpExt:DigitalSourceType>",
       "a, b"},
      {"<Iptc4xmpExt:DigitalSourceType><rdf:Alt><rdf:li xml:lang='x-default'>a</rdf:li></rdf:Alt>"
       "</Iptc4xmpExt:DigitalSourceType>",
       "a"},
      {"<Iptc4xmpExt:DigitalSourceType rdf:parseType='Resource'><rdf:value>a</rdf:value>"
       "<xmp:note>n</xmp:note></Iptc4xmpExt:DigitalSourceType>",
       "a"},
      {"<Iptc4xmpExt:DigitalSourceType><rdf:Description><rdf:value>a</rdf:value><xmp:note>n"
       "</xmp:note></rdf:Description></Iptc4xmpExt:DigitalSourceType>",
       "a"},
      {"<Iptc4xmpExt:DigitalSourceType><rdf:Description rdf:value='a' xmp:note='n'/>"
       "</Iptc4xmpExt:DigitalSourceType>",
       "a"},
      {"<Iptc4xmpExt:DigitalSourceType rdf:value='a' xmp:note='n'/>", "a"},
      {"<Iptc4xmpExt:DigitalSourceType><rdf:Bag><rdf:li rdf:parseType='Resource'><rdf:value>a"
       "</rdf:value></rdf:li></rdf:Bag></Iptc4xmpExt:DigitalSourceType>",
       "a"},
      {"<Iptc4xmpExt:DigitalSourceType><![CDATA[a]]>&amp;<!-- c -->b"
       "</Iptc4xmpExt:DigitalSourceType>",
       "a&b"}};
  for (const auto& [properties, value] : forms) {
    CAPTURE(properties);
    CHECK(SourceTypeIn(properties) == value);
    // And what follows it is read as if it were not there.
    const auto facts = ParseXmp(XmpOf(properties + "<xmp:CreatorTool>t</xmp:CreatorTool>"));
    CHECK(facts.creator_tool == "t");
    CHECK(facts.source_type == value);
  }
}

TEST_CASE("ParseXmp: every property that is asked for, over several descriptions") {
  const auto facts = ParseXmp(
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
      "<rdf:Description xmlns:a='http://ns.adobe.com/xap/1.0/' a:CreatorTool='tool'/>"
      "<rdf:Description xmlns:a='http://ns.adobe.com/photoshop/1.0/'><a:Credit>credit</a:Credit>"
      "</rdf:Description>"
      "<rdf:Description xmlns:a='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' a:AISystemUsed='ai'/>"
      "<rdf:Description xmlns:a='http://www.tc260.org.cn/ns/AIGC/1.0/'><a:AIGC>{\"Label\":\"1\"}"
      "</a:AIGC></rdf:Description></rdf:RDF>");
  CHECK(facts.creator_tool == "tool");
  CHECK(facts.credit == "credit");
  CHECK(facts.ai_system == "ai");
  CHECK(facts.aigc == R"({"Label":"1"})");
}

TEST_CASE("ParseXmp: names deeper inside speak of something else") {
  const std::string claim = "<Iptc4xmpExt:DigitalSourceType>a</Iptc4xmpExt:DigitalSourceType>";
  for (const std::string& properties :
       {"<xmp:Ingredients><rdf:Bag><rdf:li rdf:parseType='Resource'>" + claim +
            "</rdf:li></rdf:Bag></xmp:Ingredients>",
        "<xmp:Pantry><rdf:Description Iptc4xmpExt:DigitalSourceType='a'/></xmp:Pantry>"s,
        "<xmp:CreatorTool rdf:parseType='Resource'>" + claim + "</xmp:CreatorTool>",
        "<xmp:CreatorTool><rdf:Bag>" + claim + "</rdf:Bag></xmp:CreatorTool>",
        "<xmp:Inner><rdf:RDF><rdf:Description>" + claim +
            "</rdf:Description></rdf:RDF></xmp:Inner>",
        "<xmp:x Iptc4xmpExt:DigitalSourceType='a'/>"s}) {
    CAPTURE(properties);
    CHECK(SourceTypeIn(properties).empty());
  }
  CHECK(ParseXmp("<a xmlns:b='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' "
                 "b:DigitalSourceType='a'><b:DigitalSourceType>a</b:DigitalSourceType></a>")
            .source_type.empty());
}

TEST_CASE("ParseXmp: the nearest declaration of a prefix counts, and ends with its element") {
  const std::string other = "<xmp:x xmlns:Iptc4xmpExt='urn:other'/>";
  const std::string claim = "<Iptc4xmpExt:DigitalSourceType>a</Iptc4xmpExt:DigitalSourceType>";
  CHECK(SourceTypeIn(other + claim) == "a");
  CHECK(SourceTypeIn("<Iptc4xmpExt:DigitalSourceType xmlns:Iptc4xmpExt='urn:other'>a"
                     "</Iptc4xmpExt:DigitalSourceType>")
            .empty());
  CHECK(SourceTypeIn("<DigitalSourceType xmlns='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'>a"
                     "</DigitalSourceType>") == "a");
  CHECK(SourceTypeIn("<DigitalSourceType>a</DigitalSourceType>").empty());
  CHECK(SourceTypeIn("<undeclared:DigitalSourceType>a</undeclared:DigitalSourceType>").empty());
}

TEST_CASE("ParseXmp: UTF-16 and padding are understood, half a packet is not") {
  const std::string packet = SourceTypeXmp("digitalCapture");
  const std::string expected = std::string(kIptcTerms) + "digitalCapture";
  CHECK(ParseXmp(packet).source_type == expected);
  CHECK(ParseXmp(Utf16(packet, true)).source_type == expected);
  CHECK(ParseXmp(Utf16(packet, false)).source_type == expected);
  CHECK(ParseXmp(packet + std::string(4000, ' ') + Zeros(3)).source_type == expected);
  const std::string cut = XmpOf("<xmp:CreatorTool>t</xmp:CreatorTool>");
  for (std::size_t length = 0; length < cut.size(); ++length) {
    CHECK(ParseXmp(cut.substr(0, length)).creator_tool.empty());
  }
}

TEST_CASE("ParseXmp: long values are cut, and of two the first counts") {
  const std::string list =
      Repeated("<rdf:li>" + std::string(1000, 'x') + "</rdf:li>", 2 * kMaxValueBytes / 1000);
  CHECK(SourceTypeIn("<Iptc4xmpExt:DigitalSourceType><rdf:Bag>" + list +
                     "</rdf:Bag></Iptc4xmpExt:DigitalSourceType>")
            .size() == kMaxValueBytes);
  CHECK(SourceTypeIn("<Iptc4xmpExt:DigitalSourceType>" + std::string(2 * kMaxValueBytes, 'x') +
                     "</Iptc4xmpExt:DigitalSourceType>")
            .size() == kMaxValueBytes);
  CHECK(SourceTypeIn("<Iptc4xmpExt:DigitalSourceType>a</Iptc4xmpExt:DigitalSourceType>"
                     "<Iptc4xmpExt:DigitalSourceType>b</Iptc4xmpExt:DigitalSourceType>") == "a");
}
