#include "vcache/content/media/media_identity.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "content/container/media_front.h"
#include "support/media_files.h"
#include "support/picture_files.h"
#include "support/temp_dir.h"

using namespace vcache;
using namespace vcache::test;
using content::IdentifyMedia;
using content::MediaIdentity;
using content::MediaType;
using namespace std::string_literals;

namespace {

Result<MediaIdentity> Identify(const std::string& bytes) {
  return IdentifyMedia(SpoolOf(bytes));
}

std::optional<MediaType> TypeIn(const std::string& bytes) {
  const auto identity = Identify(bytes);
  return identity ? std::optional(identity->type) : std::nullopt;
}

/// The file is refused as 415, and the message speaks of this.
void CheckRefused(const std::string& bytes, std::string_view word) {
  const auto identity = Identify(bytes);
  REQUIRE_FALSE(identity);
  CHECK(identity.error().code == ErrorCode::kUnsupportedMediaType);
  CAPTURE(identity.error().message);
  CHECK(identity.error().message.find(word) != std::string::npos);
}

std::string MovieOf(const std::vector<std::string>& brands, const std::string& tracks) {
  return FtypOf(brands) + MovieBox(tracks) + Box("mdat", Zeros(100));
}

const std::string kData = Box("mdat", Zeros(300));
const std::string kSound = TrackBox("soun", 0, 0);
const std::string kPicture = TrackBox("vide", 640, 360);

}  // namespace

TEST_CASE("IdentifyMedia: the codec's brand decides where the major brand is a structure") {
  struct Sample {
    std::vector<std::string> brands;
    MediaType type;
    std::uint32_t pictures;
  };
  const std::string sequence = MovieBox(SampleTrack("pict", "hvc1", 7));
  const std::vector<Sample> samples = {
      {{"msf1", "msf1", "iso8", "hevc", "heic", "mif1"}, MediaType::kHeic, 7},
      {{"msf1", "iso8", "avis", "avif"}, MediaType::kAvif, 7},
      {{"iso8", "msf1", "hevc", "heic"}, MediaType::kHeic, 7},
      {{"isom", "iso8", "hevc"}, MediaType::kHeic, 7},
      {{"hevc", "msf1", "iso8"}, MediaType::kHeic, 7},
      {{"avis", "avif", "msf1", "iso8", "mif1", "miaf", "MA1B"}, MediaType::kAvif, 7},
      {{"mif1", "iso8", "hevc", "heic"}, MediaType::kHeic, 1},
      {{"miaf", "mif1", "isom", "avif"}, MediaType::kAvif, 1},
      {{"isom", "mif1", "heic"}, MediaType::kHeic, 1},
      {{"heic", "mif1", "hevc", "msf1"}, MediaType::kHeic, 1},
      {{"XYZW", "isom", "avif"}, MediaType::kAvif, 1},
  };
  for (const Sample& sample : samples) {
    const auto identity = Identify(FtypOf(sample.brands) + sequence + kData);
    CAPTURE(sample.brands.at(0) + sample.brands.at(1));
    REQUIRE(identity);
    CHECK(identity->type == sample.type);
    CHECK(identity->pictures == sample.pictures);
  }
}

TEST_CASE("IdentifyMedia: formats of video stay videos, whatever else they are compatible with") {
  for (const auto& [brands, type] : std::vector<std::pair<std::vector<std::string>, MediaType>>{
           {{"mp42", "isom", "mif1", "heic"}, MediaType::kMp4},
           {{"qt  ", "mif1"}, MediaType::kMov},
           {{"isom", "iso2", "avc1", "mp41"}, MediaType::kMp4},
           {{"isoc", "isoc"}, MediaType::kMp4},
           {{"isom", "mif1"}, MediaType::kMp4},
           {{"XAVC", "XAVC", "mp42"}, MediaType::kMp4},
           {{"abcd", "efgh"}, MediaType::kMp4},  // nobody knows the brands, but there is a video
           {{"mif1", "isom", "mp42"}, MediaType::kMp4}}) {
    CAPTURE(brands.at(0));
    CHECK(TypeIn(MovieOf(brands, kPicture)) == type);
  }
}

TEST_CASE("IdentifyMedia: 3GPP files are videos of their own, unless they are MP4 as well") {
  CHECK(TypeIn(MovieOf({"3gp4"}, kPicture)) == MediaType::k3gp);
  CHECK(TypeIn(MovieOf({"3gp6", "3gp6", "3gp5"}, kPicture)) == MediaType::k3gp);
  CHECK(TypeIn(MovieOf({"3gr6", "3gs6"}, kPicture)) == MediaType::k3gp);
  CHECK(TypeIn(MovieOf({"3g2a", "3g2a"}, kPicture)) == MediaType::k3g2);
  CHECK(TypeIn(MovieOf({"kddi", "3g2a"}, kPicture)) == MediaType::k3g2);
  CHECK(TypeIn(MovieOf({"3gp5", "isom"}, kPicture)) == MediaType::kMp4);
  CHECK(TypeIn(MovieOf({"3g2a", "mp42"}, kPicture)) == MediaType::kMp4);
  CHECK(content::MediaTypeName(MediaType::k3gp) == "video/3gpp");
  CHECK(content::MediaTypeName(MediaType::k3g2) == "video/3gpp2");
  CheckRefused(MovieOf({"3gp5"}, kSound), "no video track");  // a ring tone
}

TEST_CASE("IdentifyMedia: mif1 alone is what its items are coded with") {
  const auto heif = [](const std::string& meta) { return FtypOf({"mif1", "mif1"}) + meta + kData; };
  CHECK(TypeIn(heif(MetaBox({"hvc1"}))) == MediaType::kHeic);
  CHECK(TypeIn(heif(MetaBox({"av01"}))) == MediaType::kAvif);
  CHECK(TypeIn(heif(MetaBox({"av01"}, 1, true))) == MediaType::kAvif);
  CHECK(TypeIn(heif(MetaBox({"Exif", "hvc1"}, 2))) == MediaType::kHeic);
  CHECK(TypeIn(heif(MetaBox({"hvc1", "av01"}, 2))) == MediaType::kAvif);
  // A grid of tiles, and one whose grid comes before them.
  CHECK(TypeIn(heif(MetaBox({"hvc1", "hvc1", "grid"}, 3))) == MediaType::kHeic);
  CHECK(TypeIn(heif(MetaBox({"grid", "av01", "av01"}, 1))) == MediaType::kAvif);
  CHECK(TypeIn(heif(MetaBox(std::vector<std::string>(300, "hvc1"), 299))) == MediaType::kHeic);
  // Items may lie behind the data, and a file of a plain container may be an image too.
  CHECK(TypeIn(FtypOf({"mif1"}) + kData + MetaBox({"hvc1"})) == MediaType::kHeic);
  CHECK(TypeIn(FtypOf({"isom", "mif1"}) + MetaBox({"av01"})) == MediaType::kAvif);
  CHECK(TypeIn(FtypOf({"msf1"}) + MovieBox(SampleTrack("pict", "av01", 3))) == MediaType::kAvif);
}

TEST_CASE("IdentifyMedia: a picture of another codec is refused with the reason") {
  for (const std::vector<std::string>& items : {std::vector<std::string>{"jpeg"},
                                                {"avc1"},
                                                {"j2k1"},
                                                {"jpeg", "hvc1"},  // a JPEG with a thumbnail
                                                {}}) {
    CheckRefused(FtypOf({"mif1", "mif1"}) + MetaBox(items) + kData, "HEVC or AV1");
  }
  CheckRefused(FtypOf({"mif1"}) + kData, "HEVC or AV1");
  CheckRefused(FtypOf({"abcd", "efgh"}) + kData, "HEVC or AV1");
}

TEST_CASE("IdentifyMedia: a movie all of whose tracks are blind is no video") {
  for (const char* handler : {"soun", "text", "sbtl", "tmcd", "meta"}) {
    CAPTURE(handler);
    const std::string tracks = TrackBox(handler, 0, 0);
    CheckRefused(MovieOf({"isom", "mp42"}, tracks), "no video track");
    CheckRefused(MovieOf({"qt  "}, tracks), "no video track");
    CheckRefused(MovieOf({"iso5", "dash"}, tracks + kSound), "no video track");
    // The movie behind the data, as phones write it.
    CheckRefused(FtypOf({"mp42"}) + kData + MovieBox(tracks), "no video track");
    CHECK(TypeIn(MovieOf({"isom"}, tracks + kPicture)) == MediaType::kMp4);
    CHECK(TypeIn(MovieOf({"isom"}, kPicture + tracks)) == MediaType::kMp4);
  }
}

TEST_CASE("IdentifyMedia: what is not understood is not held against a video") {
  const std::string sound = MovieOf({"isom", "mp42"}, kSound);
  const std::string no_handler = Box("trak", Box("tkhd", Zeros(84)));
  for (const std::string& file : {
           FtypOf({"isom"}) + kData,                                  // no movie at all
           FtypOf({"isom"}) + kData + Box("moov", MvhdBox(1000, 5)),  // none of its tracks named
           MovieOf({"isom"}, kSound + no_handler),
           MovieOf({"isom"}, kSound + TrackBox("abcd", 0, 0)),
           MovieOf({"isom"}, TrackBox("pict", 8, 8)),
           FtypOf({"isom"}) + Box("moov", Box("cmov", Zeros(50))),  // compressed
           FtypOf({"qt  "}) + Box("moov", Box("rmra", Zeros(50))),  // in other files
           MovieOf({"isom"}, kSound + Box("cmov", Zeros(50))), MovieOf({"isom"}, kSound + Zeros(3)),
           // In fragments: the tracks are named, the samples come later; and a lone fragment.
           FtypOf({"iso5", "dash"}) + Box("moov", MvhdBox(1000, 0) + kPicture + Box("mvex", "")),
           FtypOf({"iso5", "dash"}) + Box("moof", Zeros(50)) + kData,
           sound.substr(0, sound.size() - 110),  // cut within the movie
       }) {
    CHECK(IsVideo(TypeIn(file).value_or(MediaType::kJpeg)));
  }
  std::string many;  // more tracks than are looked at
  for (int i = 0; i < 100; ++i) many += kSound;
  CHECK(TypeIn(MovieOf({"isom"}, many)) == MediaType::kMp4);
  CheckRefused(FtypOf({"iso5"}) + Box("moov", MvhdBox(1000, 0) + kSound + Box("mvex", "")),
               "no video track");
}

TEST_CASE("IdentifyMedia: a movie cut off at any byte is never said to lack what is cut") {
  const std::string file = FtypOf({"isom"}) + MovieBox(kSound + kPicture);
  for (std::size_t length = FtypOf({"isom"}).size(); length <= file.size(); ++length) {
    CAPTURE(length);
    CHECK(TypeIn(file.substr(0, length)) == MediaType::kMp4);
  }
}

TEST_CASE("IdentifyMedia: QuickTime without brands, whatever comes first") {
  const std::string movie = MovieBox(kPicture);
  for (const std::string& first :
       {Box("skip", Zeros(40)), Box("free", ""), Box("pnot", Zeros(12)), Box("wide", ""),
        Box("skip", "") + Box("wide", ""), Box("free", "") + kData, kData, std::string(),
        WideBox("mdat", Zeros(100)), Box("junk", Zeros(9)), Box("uuid", Zeros(30)),
        Box("pnot", Zeros(12)) + Box("PICT", Zeros(99))}) {
    CAPTURE(first.substr(0, 8));
    CHECK(TypeIn(first + movie + kData) == MediaType::kMov);
    CheckRefused(first + MovieBox(kSound) + kData, "no video track");
    CheckRefused(first + kData, first.empty() || first.size() > 7 ? "moov" : "");
  }
  CHECK(TypeIn(Be(0, 4) + "moov" + MvhdBox(1000, 5)) == MediaType::kMov);
  std::string many;  // more boxes than are looked at
  for (int i = 0; i < 70; ++i) many += Box("free", Zeros(4));
  CHECK(TypeIn(many + movie) == MediaType::kMov);
}

TEST_CASE("IdentifyMedia: a text that by chance begins like a container is no video") {
  const std::string rest(500, 'x');
  for (const std::string& text :
       {"the ftypisom is four letters and a brand. "s, "\n\n\n mdat is a box, as is free. "s,
        "\t\t\t moov it, he said. "s, "\n   free beer for all. "s, "\r\n\r\nskip this chapter. "s,
        "any wide area"s, "The mdat is here"s, "\n\n\n\npnot a word"s, "\n ab uuid "s,
        "RIFF, WAVE and AVI are words"s, "GIF88a"s}) {
    CAPTURE(text);
    CheckRefused(text + rest, "send");
    CheckRefused(text, "send");
  }
  CHECK_FALSE(content::CheckMediaFront(SpoolOf("the ftypisom is four letters" + rest)));
  CHECK(content::CheckMediaFront(SpoolOf("\n\n\n mdat" + rest)));  // only the whole file tells
}

TEST_CASE("IdentifyMedia: WebM and AVI without pictures are no videos") {
  const auto webm = [](const std::string& tracks) {
    return WebmHeader() +
           Ebml4(0x18538067, Ebml4(0x1549A966, Zeros(0)) + Ebml4(0x1654AE6B, tracks) +
                                 Ebml4(0x1F43B675, Zeros(50)));
  };
  const auto track = [](std::uint64_t type, const std::string& more = {}) {
    return Ebml4(0xAE, Ebml4(0x83, Be(type, 1)) + more);
  };
  CheckRefused(webm(track(2)), "no video track");
  CheckRefused(webm(track(2) + track(17)), "no video track");
  CHECK(TypeIn(webm(track(2) + track(1))) == MediaType::kWebm);
  CHECK(TypeIn(webm(track(2, Ebml4(0xE0, "")))) == MediaType::kWebm);
  CHECK(TypeIn(webm(track(2) + track(99))) == MediaType::kWebm);
  CHECK(TypeIn(webm(track(2) + Ebml4(0xAE, ""))) == MediaType::kWebm);
  CHECK(TypeIn(webm("")) == MediaType::kWebm);
  const std::string sound = webm(track(2) + track(2));
  CHECK(TypeIn(sound.substr(0, sound.size() - 62)) == MediaType::kWebm);  // cut in the tracks

  const auto avi = [](const std::string& streams) {
    return Riff("AVI ", RiffPiece("LIST", "hdrl" + RiffPiece("avih", Zeros(56)) + streams) +
                            RiffPiece("LIST", "movi" + Zeros(20)));
  };
  const auto stream = [](const std::string& kind) {
    return RiffPiece("LIST", "strl" + RiffPiece("strh", kind + Zeros(52)));
  };
  CheckRefused(avi(stream("auds")), "no video track");
  CheckRefused(avi(stream("auds") + stream("txts")), "no video track");
  CHECK(TypeIn(avi(stream("auds") + stream("vids"))) == MediaType::kAvi);
  CHECK(TypeIn(avi(stream("iavs"))) == MediaType::kAvi);
  CHECK(TypeIn(avi("")) == MediaType::kAvi);
  CHECK(TypeIn(avi(stream("auds")).substr(0, 160)) == MediaType::kAvi);  // cut in the headers
}

TEST_CASE("IdentifyMedia: a WebM whose header is longer than the first look is one all the same") {
  const std::string padded = Ebml4(0x1A45DFA3, Ebml4(0xEC, Zeros(90)) + Ebml4(0x4282, "webm"));
  REQUIRE(content::CheckMediaFront(SpoolOf(padded.substr(0, content::kSniffBytes))));
  CHECK(TypeIn(padded) == MediaType::kWebm);
  CheckRefused(Ebml4(0x1A45DFA3, Ebml4(0xEC, Zeros(90)) + Ebml4(0x4282, "matroska")), "send");
  CheckRefused(Ebml4(0x1A45DFA3, Ebml4(0xEC, Zeros(5000)) + Ebml4(0x4282, "webm")), "send");
}

TEST_CASE("IdentifyMedia: an animation has as many pictures as its container counts") {
  const auto pictures = [](const std::string& bytes) {
    const auto identity = Identify(bytes);
    return identity ? identity->pictures : 0;
  };
  for (const bool colours : {true, false}) {
    CHECK(pictures(Gif(1, colours)) == 1);
    CHECK(pictures(Gif(2, colours)) == 2);
    CHECK(pictures(Gif(300, colours)) == 300);
  }
  CHECK(pictures("GIF89a") == 1);
  CHECK(pictures(Gif(9).substr(0, 700)) == 3);  // what is there
  CHECK(pictures(Png(0)) == 1);
  CHECK(pictures(Png(1)) == 1);
  CHECK(pictures(Png(24)) == 24);
  CHECK(pictures(Png(24, true)) == 1);  // behind the data it means nothing
  CHECK(pictures(Png(0xFFFFFFFF)) == content::kMostPictures);
  CHECK(pictures(Webp(0)) == 1);
  CHECK(pictures(Webp(5)) == 5);
  CHECK(pictures(Webp(5, false)) == 1);
  CHECK(pictures(Webp(5000)) == 5000);
  CHECK(pictures(FtypOf({"avis"}) + MovieBox(SampleTrack("pict", "av01", 12))) == 12);
  CHECK(pictures(FtypOf({"avis"}) + MovieBox(kPicture)) == 2);  // a sequence that nobody counts
  CHECK(pictures(FtypOf({"avif", "avis"}) + MovieBox(SampleTrack("pict", "av01", 12))) == 1);
  CHECK(pictures("\xFF\xD8\xFF\xE0" + Zeros(80)) == 1);
}

TEST_CASE("IdentifyMedia: a GIF on the disk is counted to its end") {
  const TempDir directory;
  content::SpoolOptions options;
  options.directory = directory.path();
  content::Spool spool(options);
  REQUIRE(spool.Append(AsBytes(Gif(9000))));
  REQUIRE_FALSE(spool.in_memory());
  const auto identity = IdentifyMedia(spool);
  REQUIRE(identity);
  CHECK(identity->pictures == 9000);
}

TEST_CASE("IdentifyMedia: agrees with the first bytes wherever these decide an image") {
  for (const std::string& file : {Gif(1), Png(0), Webp(0), "\xFF\xD8\xFF\xE0"s + Zeros(9)}) {
    CHECK(TypeIn(file) == content::ReadMediaFront(file).type);
  }
  CheckRefused("hello", "send");
  CheckRefused("", "send");
}
