#include "vcache/content/video/video_length.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/media_files.h"
#include "support/temp_dir.h"

using namespace vcache;
using namespace vcache::test;
using content::MediaType;
using content::ReadVideoInfo;
using std::chrono::milliseconds;

namespace {

/// A full box: version, flags, then the rest.
std::string FullBox(std::string_view type, std::uint64_t version, const std::string& rest) {
  return Box(type, Be(version, 1) + Zeros(3) + rest);
}

std::optional<milliseconds> LengthIn(const std::string& bytes, MediaType type = MediaType::kMp4) {
  const content::Spool spool = SpoolOf(bytes);
  const auto info = ReadVideoInfo(spool, type);
  return info ? info->length : std::nullopt;
}

/// An index whose pieces have these lengths; the first bit of a piece says that it is an index.
std::string Sidx(const std::vector<std::uint64_t>& ticks, bool of_indexes = false,
                 std::uint64_t stream = 1) {
  std::string rest = Be(stream, 4) + Be(1000, 4) + Zeros(10) + Be(ticks.size(), 2);
  for (const std::uint64_t piece : ticks) {
    rest += Be(of_indexes ? 0x80000000U : 1000, 4) + Be(piece, 4) + Zeros(4);
  }
  return FullBox("sidx", 0, rest);
}

std::string FragmentedMovie(const std::string& extends) {
  return FtypBox() + Box("moov", MvhdBox(1000, 0) + Box("mvex", extends));
}

}  // namespace

TEST_CASE("ReadVideoInfo: MP4 with its movie in front, at the end, in versions 0 and 1") {
  const std::string data = Box("mdat", Zeros(5000));
  for (const bool wide : {false, true}) {
    const std::string movie = Box("moov", MvhdBox(600, 7500, wide) + TrackBox("soun", 0, 0, wide) +
                                              TrackBox("vide", 1280, 720, wide));
    for (const std::string& file :
         {FtypBox() + movie + data, FtypBox() + data + movie,
          FtypBox() + WideBox("mdat", Zeros(5000)) + WideBox("moov", movie.substr(8))}) {
      const content::Spool spool = SpoolOf(file);
      const auto info = ReadVideoInfo(spool, MediaType::kMp4);
      REQUIRE(info);
      CHECK(info->length == milliseconds(12'500));
      CHECK(info->width == 1280U);
      CHECK(info->height == 720U);
    }
  }
}

TEST_CASE("ReadVideoInfo: reads from the disk, without the whole file in between") {
  const TempDir directory;
  content::SpoolOptions options;
  options.directory = directory.path();
  content::Spool spool(options);
  const std::string data(9'000'000, 'x');
  REQUIRE(spool.Append(AsBytes(FtypBox() + Be(data.size() + 8, 4) + "mdat")));
  REQUIRE(spool.Append(AsBytes(data)));
  REQUIRE(spool.Append(AsBytes(Box("moov", MvhdBox(1000, 61'000)))));
  REQUIRE_FALSE(spool.in_memory());
  const auto info = ReadVideoInfo(spool, MediaType::kMov);
  REQUIRE(info);
  CHECK(info->length == milliseconds(61'000));
  CHECK_FALSE(info->width);
}

TEST_CASE("ReadVideoInfo: an MP4 in fragments has the length that it announces, or none") {
  CHECK(LengthIn(FragmentedMovie(FullBox("mehd", 0, Be(4200, 4)))) == milliseconds(4200));
  CHECK(LengthIn(FragmentedMovie(FullBox("mehd", 1, Be(4200, 8)))) == milliseconds(4200));
  const std::string fragment = Box("moof", Zeros(20)) + Box("mdat", Zeros(20));
  CHECK_FALSE(LengthIn(FragmentedMovie(Box("trex", Zeros(24))) + fragment));
  CHECK(LengthIn(FragmentedMovie("") + Sidx({1000, 500}) + fragment) == milliseconds(1500));
  CHECK(LengthIn(FragmentedMovie("") + Sidx({1000}) + fragment + Sidx({700}) + fragment) ==
        milliseconds(1700));
  CHECK(LengthIn(FragmentedMovie("") + Sidx({1000}) + Sidx({9000}, false, 2) + fragment) ==
        milliseconds(1000));
  CHECK(LengthIn(FragmentedMovie("") + Sidx({1000, 500}, true) + Sidx({1000}) + Sidx({500})) ==
        milliseconds(1500));
}

TEST_CASE("ReadVideoInfo: a sum over a part of the fragments is no length") {
  std::string many;
  for (int i = 0; i < 40; ++i) many += Sidx({1000}) + Box("moof", Zeros(4));
  CHECK_FALSE(LengthIn(FragmentedMovie("") + many));
}

TEST_CASE("ReadVideoInfo: WebM has its duration in the scale of the file") {
  const content::Spool spool = SpoolOf(Webm(2500.4));
  const auto info = ReadVideoInfo(spool, MediaType::kWebm);
  REQUIRE(info);
  CHECK(info->length == milliseconds(2500));
  CHECK(info->width == 640U);
  CHECK(info->height == 360U);
  CHECK(LengthIn(Webm(5, Ebml4(0x2AD7B1, Be(1'000'000'000, 4))), MediaType::kWebm) ==
        milliseconds(5000));
  const std::string as_float = Be(std::bit_cast<std::uint32_t>(1500.0F), 4);
  // A live recording: a segment of unknown size.
  const std::string unknown = Be(0x18538067, 4) + "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
  CHECK(LengthIn(WebmHeader() + unknown + Ebml4(0xEC, Zeros(9)) +
                     Ebml4(0x1549A966, Ebml4(0x4489, as_float)),
                 MediaType::kWebm) == milliseconds(1500));
  CHECK_FALSE(LengthIn(WebmHeader() + unknown + Ebml4(0x1549A966, Ebml4(0x4D80, "muxer")),
                       MediaType::kWebm));
}

TEST_CASE("ReadVideoInfo: AVI counts frames, of all parts of a large file") {
  const content::Spool spool = SpoolOf(Avi(40'000, 250));
  const auto info = ReadVideoInfo(spool, MediaType::kAvi);
  REQUIRE(info);
  CHECK(info->length == milliseconds(10'000));
  CHECK(info->width == 320U);
  CHECK(LengthIn(Avi(40'000, 250, RiffPiece("LIST", "odml" + RiffPiece("dmlh", Le(500, 4)))),
                 MediaType::kAvi) == milliseconds(20'000));
}

TEST_CASE("ReadVideoInfo: lengths that are none say nothing") {
  const auto movie = [](std::uint64_t per_second, std::uint64_t ticks, bool wide) {
    return LengthIn(FtypBox() + Box("moov", MvhdBox(per_second, ticks, wide)));
  };
  CHECK_FALSE(movie(1000, 0, false));
  CHECK_FALSE(movie(0, 1000, false));
  CHECK_FALSE(movie(1000, UINT32_MAX, false));  // all ones: unknown
  CHECK_FALSE(movie(1000, UINT64_MAX, true));
  CHECK_FALSE(movie(1, UINT64_MAX - 1, true));
  CHECK_FALSE(movie(1, 3'600'001, false));  // over a thousand hours
  CHECK(movie(1, 3'600'000, false) == content::kLongestVideo);
  CHECK_FALSE(movie(UINT32_MAX, 1000, false));  // less than a millisecond
  for (const double ms :
       {0.0, -5.0, std::nan(""), std::numeric_limits<double>::infinity(), 1e300, 1e-300, 3.7e9}) {
    CHECK_FALSE(LengthIn(Webm(ms), MediaType::kWebm));
  }
  CHECK_FALSE(LengthIn(Avi(UINT32_MAX, UINT32_MAX), MediaType::kAvi));
  CHECK_FALSE(LengthIn(Avi(0, 25), MediaType::kAvi));
}

TEST_CASE("ReadVideoInfo: hostile sizes end the walk") {
  CHECK_FALSE(LengthIn(FtypBox() + Be(7, 4) + "moov" + MvhdBox(1000, 5)));
  CHECK_FALSE(LengthIn(FtypBox() + Be(1, 4) + "moov" + Be(15, 8) + MvhdBox(1000, 5)));
  // More than is there: cut off where the file ends, and read as far as it goes.
  CHECK(LengthIn(FtypBox() + Be(UINT32_MAX, 4) + "moov" + MvhdBox(1000, 5)) == milliseconds(5));
  CHECK(LengthIn(FtypBox() + Be(1, 4) + "moov" + Be(UINT64_MAX, 8) + MvhdBox(1000, 5)) ==
        milliseconds(5));
  CHECK(LengthIn(FtypBox() + Be(0, 4) + "moov" + MvhdBox(1000, 5)) == milliseconds(5));
  std::string many;
  for (int i = 0; i < 64; ++i) many += Box("free", "");
  CHECK_FALSE(LengthIn(many + Box("moov", MvhdBox(1000, 5))));
  CHECK_FALSE(LengthIn(FragmentedMovie("") + FullBox("sidx", 0, Zeros(18) + Be(65'535, 2))));
  const std::string segment = Be(0x18538067, 4) + "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFE";
  CHECK(LengthIn(WebmHeader() + segment + Ebml4(0x1549A966, Ebml4(0x4489, Be(0x447A0000, 4))),
                 MediaType::kWebm) == milliseconds(1000));
}

TEST_CASE("ReadVideoInfo: a file cut off at any byte never yields another length") {
  const std::pair<std::string, MediaType> files[] = {
      {Mp4(12'345), MediaType::kMp4},
      {FragmentedMovie(FullBox("mehd", 1, Be(12'345, 8))), MediaType::kMp4},
      {Webm(12'345), MediaType::kWebm},
      {Avi(1000, 12'345), MediaType::kAvi}};
  for (const auto& [file, type] : files) {
    for (std::size_t length = 0; length < file.size(); ++length) {
      const auto found = LengthIn(file.substr(0, length), type);
      CHECK((!found || *found == milliseconds(12'345)));
    }
    CHECK(LengthIn(file, type) == milliseconds(12'345));
  }
}

TEST_CASE("ReadVideoInfo: images and streams without a head say nothing") {
  for (const MediaType type : {MediaType::kJpeg, MediaType::kAvif, MediaType::kMpeg}) {
    CHECK_FALSE(LengthIn(Mp4(1000), type));
  }
}
