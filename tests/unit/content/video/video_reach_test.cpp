#include "vcache/content/video/video_reach.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/media_files.h"
#include "vcache/content/video/video_length.h"

using namespace vcache;        // NOLINT: a test
using namespace vcache::test;  // NOLINT: a test
using content::MediaType;
using content::VideoReach;
using std::chrono::milliseconds;

namespace {

VideoReach ReachOf(const std::string& bytes, MediaType type = MediaType::kMp4) {
  const content::Spool spool = SpoolOf(bytes);
  return content::ReadVideoReach(spool, type);
}

using Entries = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// A full box with a list of pairs of 32 bits.
std::string PairsBox(std::string_view type, const Entries& entries) {
  std::string rest = Zeros(4) + Be(entries.size(), 4);
  for (const auto& [first, second] : entries) rest += Be(first, 4) + Be(second, 4);
  return Box(type, rest);
}

std::string SizesBox(std::uint64_t samples, std::string_view type = "stsz") {
  return Box(type, Zeros(8) + Be(samples, 4));
}

/// A track whose clock ticks a thousand times a second.
struct TrackParts {
  std::uint64_t header_ms = 0;  ///< `tkhd`
  std::uint64_t media_ms = 0;   ///< `mdhd`
  std::string edits{};
  std::string tables{};

  std::string Bytes() const {
    const std::string head = Zeros(20) + Be(header_ms, 4) + Zeros(60);
    const std::string media = Zeros(12) + Be(1000, 4) + Be(media_ms, 4) + Zeros(4);
    return Box("trak", Box("tkhd", head) + edits +
                           Box("mdia", Box("mdhd", media) +
                                           Box("hdlr", Zeros(8) + std::string("vide") + Zeros(13)) +
                                           Box("minf", Box("stbl", tables))));
  }
};

/// Ten samples of half a second.
TrackParts Honest() {
  return {5'000, 5'000, {}, PairsBox("stts", {{10, 500}}) + SizesBox(10)};
}

std::string Movie(const std::string& tracks, std::uint64_t ms = 5'000) {
  return FtypBox() + Box("moov", MvhdBox(1000, ms) + tracks) + Box("mdat", Zeros(100));
}

std::string Edits(const Entries& segments) {
  std::string rest = Zeros(4) + Be(segments.size(), 4);
  for (const auto& [ticks, from] : segments) rest += Be(ticks, 4) + Be(from, 4) + Be(65'536, 4);
  return Box("edts", Box("elst", rest));
}

constexpr std::uint64_t kEmptyEdit = 0xFFFFFFFF;

void CheckReach(const std::string& bytes, std::int64_t ms, bool counted) {
  const VideoReach reach = ReachOf(bytes);
  CHECK(reach.longest == milliseconds(ms));
  CHECK(reach.counted == counted);
}

}  // namespace

TEST_CASE("ReadVideoReach: a movie whose samples are all counted lasts as long as they do") {
  CheckReach(Movie(Honest().Bytes()), 5'000, true);
  CheckReach(Movie(Honest().Bytes() + Honest().Bytes()), 5'000, true);
  TrackParts uneven = Honest();
  uneven.tables = PairsBox("stts", {{3, 1'000}, {4, 250}, {3, 333}}) + SizesBox(10, "stz2");
  CheckReach(Movie(uneven.Bytes()), 5'000, true);
}

TEST_CASE("ReadVideoReach: the longest of what the parts say, in both directions") {
  constexpr std::int64_t kHalfHour = 1'800'000;
  CheckReach(Movie(Honest().Bytes(), kHalfHour), kHalfHour, true);
  TrackParts track = Honest();
  track.header_ms = kHalfHour;
  CheckReach(Movie(track.Bytes()), kHalfHour, true);
  track = Honest();
  track.media_ms = kHalfHour;
  CheckReach(Movie(track.Bytes()), kHalfHour, true);
  track = Honest();
  track.tables = PairsBox("stts", {{9, 500}, {1, kHalfHour - 4'500}}) + SizesBox(10);
  CheckReach(Movie(track.Bytes()), kHalfHour, true);
  // The second of two tracks.
  CheckReach(Movie(Honest().Bytes() + track.Bytes()), kHalfHour, true);
  track = Honest();
  track.edits = Edits({{kHalfHour, 0}});
  CheckReach(Movie(track.Bytes()), kHalfHour, true);
}

TEST_CASE("ReadVideoReach: samples that have no time of their own, come late or begin late count") {
  TrackParts track = Honest();
  track.tables = PairsBox("stts", {{1, 500}}) + SizesBox(3'600);
  CheckReach(Movie(track.Bytes()), 1'800'000, true);
  track.tables =
      PairsBox("stts", {{10, 500}}) + PairsBox("ctts", {{1, 1'795'000}, {9, 0}}) + SizesBox(10);
  CheckReach(Movie(track.Bytes()), 1'800'000, true);
  track = Honest();
  track.edits = Edits({{1'795'000, kEmptyEdit}, {5'000, 0}});
  const VideoReach late = ReachOf(Movie(track.Bytes()));
  CHECK(late.counted);
  CHECK(late.longest >= milliseconds(1'800'000));
  CHECK(late.longest <= milliseconds(1'801'000));
}

TEST_CASE("ReadVideoReach: what cannot be counted is a claim") {
  TrackParts no_tables = Honest();
  no_tables.tables.clear();
  TrackParts no_sizes = Honest();
  no_sizes.tables = PairsBox("stts", {{10, 500}});
  TrackParts two_tables = Honest();
  two_tables.tables += PairsBox("stts", {{10, 400}});
  TrackParts cut_table = Honest();
  cut_table.tables = Box("stts", Zeros(4) + Be(1'000, 4) + Zeros(8)) + SizesBox(10);
  TrackParts large_table = Honest();
  large_table.tables = PairsBox("stts", Entries(70'000, {1, 1})) + SizesBox(70'000);
  for (const TrackParts& track : {no_tables, no_sizes, two_tables, cut_table, large_table}) {
    CHECK_FALSE(ReachOf(Movie(track.Bytes())).counted);
  }
  const std::string good = Honest().Bytes();
  const std::vector<std::string> files = {
      Movie(""),                                     // no track
      Mp4(5'000),                                    // no tables
      Movie(good + Box("mvex", Zeros(8))),           // more comes in fragments
      Movie(good) + Box("moof", Zeros(8)),           // it does
      Movie(good) + Movie(good),                     // two movies
      Movie(good) + std::string("\0\0\0\3free", 8),  // what follows is no box
      Movie(good + MvhdBox(1000, 5'000)),            // two heads
      FtypBox() + Box("mdat", Zeros(100))};          // none
  for (const std::string& file : files) CHECK_FALSE(ReachOf(file).counted);
  std::string many = Movie(good);
  for (int i = 0; i < 80; ++i) many += Box("free", "");
  CHECK_FALSE(ReachOf(many).counted);
}

TEST_CASE("ReadVideoReach: of fragments, WebM, AVI and MPEG it knows the claim only") {
  CheckReach(FtypBox() +
                 Box("moov", MvhdBox(1000, 0) + Box("mvex", Box("mehd", Zeros(4) + Be(61'000, 4)))),
             61'000, false);
  const VideoReach webm = ReachOf(Webm(61'000), MediaType::kWebm);
  CHECK(webm.longest == milliseconds(61'000));
  CHECK_FALSE(webm.counted);
  const VideoReach avi = ReachOf(Avi(40'000, 250), MediaType::kAvi);
  CHECK(avi.longest == milliseconds(10'000));
  CHECK_FALSE(avi.counted);
  const VideoReach mpeg = ReachOf(Zeros(100), MediaType::kMpeg);
  CHECK_FALSE(mpeg.longest);
  CHECK_FALSE(mpeg.counted);
}

TEST_CASE("ReadVideoReach: nonsense is as long as the longest video, and never overflows") {
  const std::int64_t most = milliseconds(content::kLongestVideo).count();
  TrackParts track = Honest();
  track.tables = PairsBox("stts", Entries(100, {0xFFFFFFFF, 0xFFFFFFFF})) + SizesBox(10);
  CheckReach(Movie(track.Bytes()), most, true);
  track.tables = PairsBox("stts", {{1, 0xFFFFFFFF}}) + SizesBox(0xFFFFFFFF);
  CheckReach(Movie(track.Bytes()), most, true);
  track = Honest();
  track.edits = Edits({{0xFFFFFFFE, kEmptyEdit}});
  CheckReach(Movie(track.Bytes()), most, true);
  CHECK(ReachOf(FtypBox() + Box("moov", MvhdBox(1, 0xFFFFFFFE))).longest == milliseconds(most));
  CHECK_FALSE(ReachOf(FtypBox() + Box("moov", MvhdBox(0, 5'000))).counted);
}

TEST_CASE("ReadVideoReach: any damage to a movie is survived") {
  const std::string good = Movie(Honest().Bytes() + Honest().Bytes());
  std::mt19937 random(7);
  for (int i = 0; i < 3'000; ++i) {
    std::string bad = good;
    for (int j = 0; j < 3; ++j) bad[random() % bad.size()] = static_cast<char>(random());
    const VideoReach reach = ReachOf(bad.substr(0, 20 + random() % bad.size()));
    if (reach.longest) CHECK(*reach.longest <= content::kLongestVideo);
  }
}
