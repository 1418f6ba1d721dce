#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "vcache/content/spool.h"
#include "vcache/core/bytes.h"

// Files of our media types, made byte by byte: just enough of each for what reads its structure.
namespace vcache::test {

inline content::Spool SpoolOf(std::string_view bytes) {
  content::Spool spool;
  if (!spool.Append(AsBytes(bytes))) std::abort();
  return spool;
}

/// A number in `count` bytes, most significant first.
inline std::string Be(std::uint64_t value, std::size_t count) {
  std::string bytes;
  for (std::size_t i = count; i > 0; --i) bytes += static_cast<char>(value >> (8 * (i - 1)));
  return bytes;
}

inline std::string Le(std::uint64_t value, std::size_t count) {
  const std::string bytes = Be(value, count);
  return {bytes.rbegin(), bytes.rend()};
}

inline std::string Zeros(std::size_t count) {
  return std::string(count, '\0');
}

/// A box of an ISO base media file.
inline std::string Box(std::string_view type, std::string_view payload) {
  return Be(payload.size() + 8, 4) + std::string(type) + std::string(payload);
}

/// The same with its size in 64 bits.
inline std::string WideBox(std::string_view type, std::string_view payload) {
  return Be(1, 4) + std::string(type) + Be(payload.size() + 16, 8) + std::string(payload);
}

inline std::string FtypBox(std::string_view brand = "isom") {
  return Box("ftyp", std::string(brand) + Zeros(4) + std::string(brand));
}

inline std::string MvhdBox(std::uint64_t per_second, std::uint64_t ticks, bool wide = false) {
  const std::size_t time = wide ? 8 : 4;
  return Box("mvhd", Be(wide ? 1U << 24U : 0, 4) + Zeros(2 * time) + Be(per_second, 4) +
                         Be(ticks, time) + Zeros(80));
}

inline std::string TrackBox(std::string_view handler, std::uint32_t width, std::uint32_t height,
                            bool wide = false) {
  const std::string size = Be(std::uint64_t{width} << 16U, 4) + Be(std::uint64_t{height} << 16U, 4);
  const std::string head = Be(wide ? 1U << 24U : 0, 4) + Zeros(wide ? 84 : 72);
  return Box("trak", Box("tkhd", head + size) +
                         Box("mdia", Box("hdlr", Zeros(8) + std::string(handler) + Zeros(13))));
}

/// A finished MP4 of that length, its movie in front.
inline std::string Mp4(std::uint64_t ms, std::string_view more = {}) {
  return FtypBox() + Box("moov", MvhdBox(1000, ms) + TrackBox("vide", 1920, 1080)) +
         std::string(more) + Box("mdat", Zeros(100));
}

/// An EBML element with a size of four bytes.
inline std::string Ebml4(std::uint64_t id, std::string_view data) {
  std::size_t length = 1;
  while (length < 4 && id >> (8 * length) != 0) ++length;
  return Be(id, length) + Be(data.size() | 0x10000000U, 4) + std::string(data);
}

inline std::string WebmHeader() {
  return Ebml4(0x1A45DFA3, Ebml4(0x4282, "webm"));
}

/// A WebM of that length in milliseconds, as a number of 8 bytes.
inline std::string Webm(double ms, std::string_view in_info = {}) {
  const std::string info =
      std::string(in_info) + Ebml4(0x4489, Be(std::bit_cast<std::uint64_t>(ms), 8));
  const std::string video = Ebml4(0xE0, Ebml4(0xB0, Be(640, 2)) + Ebml4(0xBA, Be(360, 2)));
  return WebmHeader() +
         Ebml4(0x18538067, Ebml4(0x1549A966, info) + Ebml4(0x1654AE6B, Ebml4(0xAE, video)) +
                               Ebml4(0x1F43B675, Zeros(50)));
}

inline std::string RiffPiece(std::string_view type, std::string_view data) {
  return std::string(type) + Le(data.size(), 4) + std::string(data) + Zeros(data.size() % 2);
}

inline std::string Riff(std::string_view form, std::string_view pieces) {
  return RiffPiece("RIFF", std::string(form) + std::string(pieces));
}

inline std::string Avi(std::uint32_t microseconds_per_frame, std::uint32_t frames,
                       std::string_view more_headers = {}) {
  const std::string main = Le(microseconds_per_frame, 4) + Zeros(12) + Le(frames, 4) + Zeros(12) +
                           Le(320, 4) + Le(240, 4) + Zeros(16);
  return Riff("AVI ",
              RiffPiece("LIST", "hdrl" + RiffPiece("avih", main) + std::string(more_headers)) +
                  RiffPiece("LIST", "movi" + Zeros(20)));
}

}  // namespace vcache::test
