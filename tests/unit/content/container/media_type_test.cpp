#include "vcache/content/container/media_type.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "content/container/media_front.h"
#include "vcache/content/media/media_identity.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using content::kSniffBytes;
using content::MediaFront;
using content::MediaType;
using content::MediaTypeName;
using namespace std::string_literals;

namespace {

MediaFront FrontOf(std::string_view bytes) {
  return content::ReadMediaFront(bytes.substr(0, kSniffBytes));
}

std::optional<MediaType> Sniff(std::string_view bytes) {
  return FrontOf(bytes).type;
}

bool MayBeMedia(std::string_view bytes) {
  const MediaFront front = FrontOf(bytes);
  return front.type || front.look_inside;
}

std::string Size32(std::size_t size) {
  std::string bytes(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[3 - i] = static_cast<char>(size >> (8 * i) & 0xFFU);
  return bytes;
}

/// An `ftyp` box: the major brand first, then the compatible ones.
std::string Ftyp(const std::vector<std::string>& brands) {
  std::string box = "ftyp" + brands.at(0) + "\0\0\2\0"s;
  for (std::size_t i = 1; i < brands.size(); ++i) box += brands[i];
  return Size32(box.size() + 4) + box + Size32(8) + "free";
}

/// An EBML header of the given elements.
std::string Ebml(const std::string& elements) {
  return "\x1A\x45\xDF\xA3" + std::string(1, static_cast<char>(0x80U | elements.size())) +
         elements + "\x18\x53\x80\x67";
}
const std::string kEbmlStart = "\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04\x42\xF3\x81\x08";

struct Sample {
  const char* what;
  std::string bytes;
  MediaType type;
};

std::vector<Sample> Samples() {
  return {
      {"JFIF", "\xFF\xD8\xFF\xE0\0\x10JFIF\0"s, MediaType::kJpeg},
      {"Exif",
       "\xFF\xD8\xFF\xE1\x12\x34"
       "Exif\0\0"s,
       MediaType::kJpeg},
      {"bare JPEG", "\xFF\xD8\xFF\xDB", MediaType::kJpeg},
      {"PNG", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s, MediaType::kPng},
      {"lossy WebP", "RIFF\x24\0\0\0WEBPVP8 "s, MediaType::kWebp},
      {"lossless WebP", "RIFF\x24\0\0\0WEBPVP8L"s, MediaType::kWebp},
      {"extended WebP", "RIFF\x24\0\0\0WEBPVP8X"s, MediaType::kWebp},
      {"GIF 87a", "GIF87a\1\0\1\0"s, MediaType::kGif},
      {"GIF 89a", "GIF89a\1\0\1\0"s, MediaType::kGif},
      {"AVIF", Ftyp({"avif", "avif", "mif1", "miaf"}), MediaType::kAvif},
      {"AVIF sequence", Ftyp({"avis", "msf1", "iso8"}), MediaType::kAvif},
      {"AVIF by compatibility", Ftyp({"mif1", "miaf", "avif"}), MediaType::kAvif},
      {"HEIC of a phone", Ftyp({"heic", "mif1", "heic"}), MediaType::kHeic},
      {"HEIC of ten bits", Ftyp({"heix", "mif1"}), MediaType::kHeic},
      {"HEIC sequence", Ftyp({"hevc", "msf1", "iso8"}), MediaType::kHeic},
      {"HEIF by compatibility", Ftyp({"mif1", "miaf", "heic"}), MediaType::kHeic},
      {"MP4 of ffmpeg", Ftyp({"isom", "isom", "iso2", "avc1", "mp41"}), MediaType::kMp4},
      {"MP4 v2", Ftyp({"mp42", "isom", "mp42"}), MediaType::kMp4},
      {"iTunes video", Ftyp({"M4V ", "M4A ", "mp42", "isom"}), MediaType::kMp4},
      {"fragmented MP4", Ftyp({"iso5", "dash"}), MediaType::kMp4},
      {"a camera's own brand", Ftyp({"XAVC", "XAVC", "mp42"}), MediaType::kMp4},
      {"a phone's 3GPP", Ftyp({"3gp4", "isom", "3gp4"}), MediaType::kMp4},
      {"3GPP alone", Ftyp({"3gp6", "3gp6", "3gs6"}), MediaType::k3gp},
      {"3GPP2", Ftyp({"3g2a", "3g2a"}), MediaType::k3g2},
      {"HEIC sequence by structure", Ftyp({"msf1", "msf1", "iso8", "hevc", "heic", "mif1"}),
       MediaType::kHeic},
      {"AVIF sequence by structure", Ftyp({"msf1", "iso8", "avis"}), MediaType::kAvif},
      {"HEIF that is ISO first", Ftyp({"iso8", "mif1", "heic"}), MediaType::kHeic},
      {"MP4 that mentions audio", Ftyp({"isom", "M4A "}), MediaType::kMp4},
      {"QuickTime", Ftyp({"qt  ", "qt  "}), MediaType::kMov},
      {"QuickTime without brands", Ftyp({"qt  "}), MediaType::kMov},
      {"old QuickTime, movie first", Size32(2000) + "moov" + Size32(108) + "mvhd", MediaType::kMov},
      {"old QuickTime, data first", Size32(200'000'000) + "mdat" + "abcd", MediaType::kMov},
      {"old QuickTime, data to the end", Size32(0) + "mdat" + "abcd", MediaType::kMov},
      {"old QuickTime, large data", Size32(1) + "mdat" + Size32(1), MediaType::kMov},
      {"old QuickTime, wide", Size32(8) + "wide" + Size32(99) + "mdat", MediaType::kMov},
      {"WebM", Ebml(kEbmlStart + "\x42\x82\x84webm\x42\x87\x81\x04"), MediaType::kWebm},
      {"WebM, DocType first", Ebml("\x42\x82\x84webm"), MediaType::kWebm},
      {"WebM, padded DocType", Ebml("\x42\x82\x86webm\0\0"s), MediaType::kWebm},
      {"WebM, sizes of eight bytes",
       "\x1A\x45\xDF\xA3\1\0\0\0\0\0\0\x0F\x42\x82\1\0\0\0\0\0\0\4webm"s, MediaType::kWebm},
      {"AVI", "RIFF\x24\0\0\0AVI LIST"s, MediaType::kAvi},
      {"MPEG-2 program stream", "\0\0\1\xBA\x44\0\4\0"s, MediaType::kMpeg},
      {"MPEG-1 system stream", "\0\0\1\xBA\x21\0\1\0"s, MediaType::kMpeg},
      {"MPEG video stream", "\0\0\1\xB3\x14\0\xF0"s, MediaType::kMpeg},
  };
}

}  // namespace

TEST_CASE("ReadMediaFront: knows each of our types by its first bytes (S6)") {
  for (const Sample& sample : Samples()) {
    CAPTURE(sample.what);
    CHECK(Sniff(sample.bytes) == sample.type);
    CHECK(Sniff(sample.bytes + std::string(500, '\xFF')) == sample.type);
  }
}

TEST_CASE("ReadMediaFront: a front of any length is judged without reading past it (S6)") {
  for (const Sample& sample : Samples()) {
    for (std::size_t length = 0; length <= sample.bytes.size(); ++length) {
      // Memory of exactly this size: a sanitizer sees every byte too far.
      const auto exact = std::make_unique<std::byte[]>(length);
      std::copy_n(AsBytes(sample.bytes).begin(), length, exact.get());
      const auto type = Sniff(AsText({exact.get(), length}));
      CAPTURE(sample.what);
      CAPTURE(length);
      CHECK((!type || *type == sample.type));
      if (length < 3) CHECK_FALSE(type);
    }
  }
}

TEST_CASE("ReadMediaFront: hostile lengths inside are bounded by the front (S6)") {
  for (const Sample& sample : Samples()) {
    for (std::size_t at = 0; at < sample.bytes.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        const auto exact = std::make_unique<std::byte[]>(sample.bytes.size());
        std::copy_n(AsBytes(sample.bytes).begin(), sample.bytes.size(), exact.get());
        exact[at] = static_cast<std::byte>(value);
        const auto type = Sniff(AsText({exact.get(), sample.bytes.size()}));
        if (type) REQUIRE(MediaTypeName(*type).find('/') == 5);  // a type of ours or none
      }
    }
  }
}

TEST_CASE("ReadMediaFront: what is not an image or video of ours has no type (S6)") {
  const std::vector<std::string> others = {
      "",
      "hello",
      "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
      "<?xml version=\"1.0\"?><svg/>",
      "<!DOCTYPE html><html></html>",
      "<html><script>alert(1)</script>",
      "%PDF-1.7\n",
      "PK\3\4",
      "RIFF\x24\0\0\0WAVEfmt "s,
      "RIFF\x24\0\0\0WEBPxxxx"s,
      "RIFF\x24\0\0\0AVIX"s,
      "RIFX",
      "ID3\4\0\0"s,
      "\xFF\xFB\x90\x44",
      "OggS\0\2"s,
      "fLaC",
      "BM\x36\0\0\0"s,
      "II*\0"s,
      "MM\0*"s,
      "\0\0\1\0\1\0"s,
      "8BPS",
      "#!/bin/sh\n",
      "\x7F"
      "ELF",
      "MZ",
      std::string(64, '\0'),
      "\x47\x40\0\x10"s,  // a transport stream: one sync byte proves nothing
      "\0\0\1\xBA"s,
      "\0\0\1\xBA\0\0"s,
      "\0\0\1\xB8"s,
      "GIF88a",
      "\x89PNG\n\x1A\n",
      "\xFF\xD8",
  };
  for (const std::string& front : others) {
    CAPTURE(front);
    CHECK_FALSE(Sniff(front));
  }
}

TEST_CASE("ReadMediaFront: ISO base media files that are audio, raw or unknown have no type") {
  CHECK_FALSE(Sniff(Ftyp({"M4A ", "M4A ", "mp42", "isom"})));
  CHECK_FALSE(Sniff(Ftyp({"M4B ", "isom"})));
  CHECK_FALSE(Sniff(Ftyp({"crx ", "crx ", "isom"})));  // Canon's raw photographs
  CHECK_FALSE(Sniff(Ftyp({"mif1", "mif1", "jpeg"})));
  CHECK_FALSE(Sniff(Ftyp({"abcd", "efgh"})));
  CHECK_FALSE(Sniff(Size32(12) + "ftypisom"));  // too short to be a box of its kind
  // A text with "ftyp" at byte 4: "the " is a size of almost two gigabytes.
  const std::string text = "the ftypisom of a text, and avif besides";
  REQUIRE(text.substr(4, 8) == "ftypisom");
  CHECK_FALSE(Sniff(text));
  CHECK_FALSE(MayBeMedia(text));
  CHECK(Sniff(Size32(20) + text.substr(4)) == MediaType::kMp4);  // but for the size it would be one
  // A brand behind the end of the box belongs to something else.
  CHECK_FALSE(Sniff(Size32(20) + "ftypabcd" + "\0\0\0\0"s + "abcdisom"));
}

TEST_CASE("ReadMediaFront: what a longer look may make one of ours is not refused by its front") {
  for (const std::string& front :
       {Ftyp({"mif1", "mif1"}), Ftyp({"abcd", "efgh"}), Size32(16) + "free" + Size32(0) + "moov",
        Size32(40) + "skip", Size32(20) + "pnot", Size32(1) + "mdat"}) {
    CAPTURE(front);
    CHECK(MayBeMedia(front));
  }
  for (const std::string& front :
       {Ftyp({"M4A ", "isom"}), Ftyp({"crx ", "isom"}), Size32(0x20000000) + "free",
        "\0\0\0\x0CJXL \r\n\x87\n"s, "\0\0\0\x0CjP  \r\n\x87\n"s, Size32(20) + "styp",
        "RIFF\x24\0\0\0WAVEfmt "s, "OggS\0\2"s, "II*\0"s, "BM\x36\0\0\0"s, "hello, world"s}) {
    CAPTURE(front);
    CHECK_FALSE(MayBeMedia(front));
  }
}

TEST_CASE("ReadMediaFront: an MPEG stream has its marker bits and pictures with an area") {
  CHECK_FALSE(Sniff("\0\0\1\xBA\x40\0\4\0"s));
  CHECK_FALSE(Sniff("\0\0\1\xBA\x44\0\0\0"s));
  CHECK_FALSE(Sniff("\0\0\1\xBA\x21\0\0\0"s));
  CHECK_FALSE(Sniff("\0\0\1\xB3\0\0\0\x14"s));
}

TEST_CASE("ReadMediaFront: texts that hold a box's name are not QuickTime") {
  CHECK_FALSE(Sniff("The mdat is here"));
  CHECK_FALSE(Sniff("Das moov"));
  CHECK_FALSE(Sniff("any wide\0\0\0\0mdat"s));
  CHECK_FALSE(Sniff(Size32(16) + "free" + Size32(0) + "moov"));
  CHECK_FALSE(Sniff(Size32(8) + "wide" + Size32(8) + "junk"));
  CHECK_FALSE(Sniff(Size32(8) + "moov"));
}

TEST_CASE("ReadMediaFront: Matroska and broken EBML are not WebM") {
  CHECK_FALSE(Sniff(Ebml(kEbmlStart + "\x42\x82\x88matroska")));
  CHECK_FALSE(Sniff(Ebml(kEbmlStart)));
  CHECK_FALSE(Sniff(Ebml("\x42\x82\x85webmx")));
  CHECK_FALSE(Sniff("\x1A\x45\xDF\xA3"));
  CHECK_FALSE(Sniff("\x1A\x45\xDF\xA3\x84\xEC\x82\0\0\x42\x82\x84webm"s));  // behind the header
  CHECK_FALSE(Sniff("\x1A\x45\xDF\xA3\x9F\0\0\0\0\0\0\0\0\0\x42\x82\x84webm"s));
  CHECK_FALSE(Sniff("\x1A\x45\xDF\xA3\x9F\xEC\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x42\x82\x84webm"s));
}

TEST_CASE("ReadMediaFront: a polyglot is what its front says (S6)") {
  CHECK(Sniff("GIF89a/*<script>alert(1)</script>*/") == MediaType::kGif);
  CHECK(Sniff("\xFF\xD8\xFF\xFE\0\x20%PDF-1.7"s) == MediaType::kJpeg);
  CHECK(Sniff("\x89PNG\r\n\x1A\n<?php phpinfo();") == MediaType::kPng);
  CHECK_FALSE(Sniff("%PDF-1.7\n\xFF\xD8\xFF\xE0"));
  CHECK_FALSE(Sniff("<!-- -->GIF89a"));
  CHECK_FALSE(Sniff("\xEF\xBB\xBFGIF89a"));
  CHECK_FALSE(Sniff(" GIF89a"));
}

TEST_CASE("ReadMediaFront: looks at no more than kSniffBytes") {
  std::vector<std::string> brands = {"mif1"};
  while (16 + 4 * (brands.size() - 1) < kSniffBytes) brands.emplace_back("abcd");
  brands.emplace_back("heic");  // one brand too far
  CHECK_FALSE(Sniff(Ftyp(brands)));
}

TEST_CASE("MediaTypeName: each type has a name, and its family says whether it is a video") {
  CHECK(MediaTypeName(MediaType::kJpeg) == "image/jpeg");
  CHECK(MediaTypeName(MediaType::kHeic) == "image/heic");
  CHECK(MediaTypeName(MediaType::kMov) == "video/quicktime");
  CHECK(MediaTypeName(MediaType::kAvi) == "video/x-msvideo");
  for (int i = 0; i <= static_cast<int>(MediaType::k3g2); ++i) {
    const auto type = static_cast<MediaType>(i);
    CHECK(MediaTypeName(type).starts_with(content::IsVideo(type) ? "video/" : "image/"));
  }
}
