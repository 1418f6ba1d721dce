#include "content/container/file_view.h"

#include <algorithm>
#include <span>

#include "content/octets.h"

namespace vcache::content {

FileView::FileView(const Spool& file, ReadBudget& budget) : file_(&file), budget_(&budget) {
  if (file.size() > 0) extents_.push_back({0, file.size()});
  size_ = file.size();
}

FileView FileView::Part(std::uint64_t at, std::uint64_t length) const {
  FileView part = Empty();
  for (const Extent& extent : extents_) {
    if (at >= extent.length) {
      at -= extent.length;
      continue;
    }
    const std::uint64_t count = std::min(extent.length - at, length);
    if (count == 0) break;
    part.extents_.push_back({extent.offset + at, count});
    part.size_ += count;
    length -= count;
    at = 0;
  }
  return part;
}

bool FileView::Append(const FileView& more) {
  if (extents_.size() + more.extents_.size() > kMaxExtents) return false;
  // Pieces of one file that do not overlap sum to at most the file's size. If a hostile file makes
  // them overlap, 256 pieces of at most 2^55 bytes still fit.
  extents_.insert(extents_.end(), more.extents_.begin(), more.extents_.end());
  size_ += more.size_;
  return true;
}

std::optional<std::string> FileView::Read(std::uint64_t at, std::size_t length) const {
  if (at > size_ || length > size_ - at) return std::nullopt;
  return ReadUpTo(at, length);
}

std::string FileView::All(std::uint64_t most) const {
  if (size_ > most) return {};
  return Read(0, static_cast<std::size_t>(size_)).value_or(std::string());
}

std::optional<std::uint64_t> FileView::Number(std::uint64_t at, std::size_t count) const {
  const auto bytes = Read(at, count);
  return bytes ? std::optional(BigEndian(*bytes, 0, count)) : std::nullopt;
}

std::optional<std::string> FileView::ReadUpTo(std::uint64_t at, std::size_t length) const {
  const FileView part = Part(at, length);
  if (part.size_ > budget_->bytes || part.extents_.size() > budget_->reads) return std::nullopt;
  budget_->bytes -= part.size_;
  budget_->reads -= part.extents_.size();
  std::string bytes(static_cast<std::size_t>(part.size_), '\0');
  std::span<std::byte> rest = std::as_writable_bytes(std::span(bytes.data(), bytes.size()));
  for (const Extent& extent : part.extents_) {
    const auto count = static_cast<std::size_t>(extent.length);
    const Result<std::size_t> read = file_->ReadAt(extent.offset, rest.first(count));
    if (!read || *read != count) return std::nullopt;
    rest = rest.subspan(count);
  }
  return bytes;
}

}  // namespace vcache::content
