#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::content {

// What an XML text may be made of. XMP of real files stays far below each of them.
inline constexpr int kMaxXmlDepth = 32;
/// Elements and attributes together.
inline constexpr std::size_t kMaxXmlMarks = 8192;
/// Of an element or an attribute, prefix included.
inline constexpr std::size_t kMaxXmlNameBytes = 256;

/// The attributes of one element, as expat lists them: names and values in turn, a null at the end.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char** list) : list_(list) {}

  /// Calls `use(name, value)` for each.
  template <typename Use>
  void ForEach(Use use) const {
    for (const char** at = list_; *at != nullptr; at += 2) {
      use(std::string_view(at[0]), std::string_view(at[1]));
    }
  }

 private:
  const char** list_;
};

/// Is told what stands in an XML text, in its order. All texts are UTF-8, gone after the call;
/// names are as written, with their prefixes.
class XmlReader {
 public:
  virtual ~XmlReader() = default;
  virtual void OnStart(std::string_view name, const XmlAttributes& attributes) = 0;
  /// A piece of the text inside of the innermost open element.
  virtual void OnText(std::string_view piece) = 0;
  virtual void OnEnd() = 0;
};

/// Reads the one root element of `text`; what stands behind its end is not looked at. False when it
/// is malformed, has a document type (and so entities of its own), is over a limit above or in an
/// encoding other than UTF-8, UTF-16, ISO-8859-1 and ASCII; what was told until then is void.
///
/// expat does it, without namespaces: it writes the whole URI of each into every name, so that a
/// long one multiplies. It gets all of the text at once, as it reads an unfinished piece again with
/// each addition, and three times the text's size and 64 KiB of memory, which includes its own
/// copy. `text` itself is freed when that is made. No state is shared between calls.
bool StreamXml(std::string text, XmlReader& reader);

}  // namespace vcache::content
