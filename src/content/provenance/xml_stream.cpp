#include "content/provenance/xml_stream.h"

#include <expat.h>

#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "content/provenance/bounded_memory.h"
#include "vcache/core/free_with.h"

namespace vcache::content {
namespace {

constexpr std::size_t kExpatBaseBytes = 64 * 1024;
constexpr std::size_t kExpatFactor = 3;

using Parser = std::unique_ptr<XML_ParserStruct, FreeWith<XML_ParserFree>>;

/// Counts between expat and the reader, and stops expat at a limit.
class Guard {
 public:
  Guard(XML_Parser parser, XmlReader& reader) : parser_(parser), reader_(reader) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, &Guard::Start, &Guard::End);
    XML_SetCharacterDataHandler(parser, &Guard::Text);
    XML_SetStartDoctypeDeclHandler(parser, &Guard::Doctype);
  }

  bool complete() const noexcept { return complete_; }

 private:
  static Guard& Of(void* self) { return *static_cast<Guard*>(self); }

  static void Start(void* self, const char* name, const char** attributes) {
    Of(self).Run([&](Guard& guard) { guard.OnStart(name, attributes); });
  }
  static void End(void* self, const char*) {
    Of(self).Run([](Guard& guard) { guard.OnEnd(); });
  }
  static void Text(void* self, const char* piece, int length) {
    Of(self).Run([&](Guard& guard) {
      guard.reader_.OnText({piece, static_cast<std::size_t>(length)});
    });
  }
  static void Doctype(void* self, const char*, const char*, const char*, int) { Of(self).Stop(); }

  /// Expat may still call after a stop: an empty element gets its end after its start. No exception
  /// may pass through expat, which is C.
  template <typename Call>
  void Run(Call call) noexcept {
    if (stopped_) return;
    try {
      call(*this);
    } catch (...) {
      Stop();
    }
  }

  void OnStart(const char* name, const char** attributes) {
    const XmlAttributes listed(attributes);
    bool long_name = std::strlen(name) > kMaxXmlNameBytes;
    ++marks_;
    listed.ForEach([&](std::string_view attribute, std::string_view) {
      ++marks_;
      long_name = long_name || attribute.size() > kMaxXmlNameBytes;
    });
    if (++depth_ > kMaxXmlDepth || marks_ > kMaxXmlMarks || long_name) return Stop();
    reader_.OnStart(name, listed);
  }

  void OnEnd() {
    reader_.OnEnd();
    if (--depth_ > 0) return;
    complete_ = true;
    Stop();  // padding follows, the packet's wrapper, or NULs
  }

  void Stop() {
    stopped_ = true;
    XML_StopParser(parser_, XML_FALSE);
  }

  XML_Parser parser_;
  XmlReader& reader_;
  int depth_ = 0;
  std::size_t marks_ = 0;
  bool stopped_ = false;
  bool complete_ = false;
};

}  // namespace

bool StreamXml(std::string text, XmlReader& reader) {
  constexpr std::size_t kMostBytes = std::numeric_limits<int>::max() / 4;  // expat counts in int
  if (text.empty() || text.size() > kMostBytes) return false;
  const BoundedMemory memory(kExpatFactor * text.size() + kExpatBaseBytes);
  const XML_Memory_Handling_Suite suite = {&BoundedMemory::Allocate, &BoundedMemory::Reallocate,
                                           &BoundedMemory::Free};
  const Parser parser(XML_ParserCreate_MM(nullptr, &suite, nullptr));
  if (!parser) return false;
  const int length = static_cast<int>(text.size());
  void* buffer = XML_GetBuffer(parser.get(), length);
  if (buffer == nullptr) return false;
  std::memcpy(buffer, text.data(), text.size());
  std::string().swap(text);
  Guard guard(parser.get(), reader);
  XML_ParseBuffer(parser.get(), length, XML_TRUE);
  return guard.complete();
}

}  // namespace vcache::content
