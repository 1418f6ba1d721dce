#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::content {

// Limits of an XML text. The XMP of real files stays far below each of them.
inline constexpr int kMaxXmlDepth = 32;
inline constexpr std::size_t kMaxXmlMarks = 8192;
/// Of an element or an attribute, with its prefix.
inline constexpr std::size_t kMaxXmlNameBytes = 256;

/// The attributes of one element as expat lists them: names and values in turn, null-terminated.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char** list) : list_(list) {}

  template <typename Use>
  void ForEach(Use use) const {
    for (const char** at = list_; *at != nullptr; at += 2) {
      use(std::string_view(at[0]), std::string_view(at[1]));
    }
  }

 private:
  const char** list_;
};

/// Receives the parts of an XML text in order, as UTF-8, valid during the call. Names keep
/// prefixes.
class XmlReader {
 public:
  virtual ~XmlReader() = default;
  virtual void OnStart(std::string_view name, const XmlAttributes& attributes) = 0;
  /// A piece of the text in the innermost open element.
  virtual void OnText(std::string_view piece) = 0;
  virtual void OnEnd() = 0;
};

/// Reads the one root element of `text` and ignores what follows. False when it is malformed, has a
/// document type (and so entities of its own), exceeds a limit above, or is not in UTF-8, UTF-16,
/// ISO-8859-1 or ASCII. After false, discard what `reader` received.
///
/// Expat parses without namespaces: it would write the whole URI into every name, which multiplies
/// a long one. It gets all of the text at once, because it reads an unfinished piece again with
/// each addition. Its memory limit is three times the text's size plus 64 KiB, its own copy
/// included; `text` is freed after that copy. Thread-safe.
bool StreamXml(std::string text, XmlReader& reader);

}  // namespace vcache::content
