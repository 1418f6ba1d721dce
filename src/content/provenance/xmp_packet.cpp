// XMP (ISO 16684-1): properties of a resource in RDF/XML, in the forms of its clause 7. The parser
// reads the file's own properties, directly in the `rdf:Description`s of its `rdf:RDF`. Deeper ones
// describe ingredients, earlier versions and regions.

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "content/provenance/packet_parsers.h"
#include "content/provenance/xml_stream.h"

namespace vcache::content {
namespace {

enum class Space { kNone, kOther, kRdf, kXmp, kPhotoshop, kIptcExtension, kTc260 };

Space SpaceOf(std::string_view uri) {
  constexpr std::array<std::pair<std::string_view, Space>, 5> kSpaces = {{
      {"http://www.w3.org/1999/02/22-rdf-syntax-ns#", Space::kRdf},
      {"http://ns.adobe.com/xap/1.0/", Space::kXmp},
      {"http://ns.adobe.com/photoshop/1.0/", Space::kPhotoshop},
      {"http://iptc.org/std/Iptc4xmpExt/2008-02-29/", Space::kIptcExtension},
      {"http://www.tc260.org.cn/ns/AIGC/1.0/", Space::kTc260},
  }};
  for (const auto& [name, space] : kSpaces) {
    if (name == uri) return space;
  }
  return Space::kOther;
}

struct Name {
  Space space = Space::kNone;
  std::string_view local{};

  bool Is(Space wanted, std::string_view name) const { return space == wanted && local == name; }
};

class Prefixes {
 public:
  /// Further prefixes are ignored: no real file comes near.
  static constexpr std::size_t kMax = 64;

  void Enter(const XmlAttributes& attributes) {
    ++depth_;
    attributes.ForEach([&](std::string_view name, std::string_view uri) {
      if (name == "xmlns") Bind({}, uri);
      if (name.starts_with("xmlns:")) Bind(name.substr(6), uri);
    });
  }

  void Leave() {
    while (!bound_.empty() && bound_.back().depth == depth_) bound_.pop_back();
    --depth_;
  }

  /// An attribute without a prefix has no namespace; an element has the default one.
  Name Element(std::string_view name) const { return Resolve(name, true); }
  Name Attribute(std::string_view name) const { return Resolve(name, false); }

 private:
  struct Binding {
    std::string prefix;
    Space space;
    int depth;
  };

  void Bind(std::string_view prefix, std::string_view uri) {
    if (bound_.size() < kMax) bound_.push_back({std::string(prefix), SpaceOf(uri), depth_});
  }

  Name Resolve(std::string_view name, bool has_default) const {
    const std::size_t colon = name.find(':');
    const bool prefixed = colon != std::string_view::npos;
    const std::string_view local = prefixed ? name.substr(colon + 1) : name;
    if (!prefixed && !has_default) return {Space::kNone, local};
    const std::string_view prefix = prefixed ? name.substr(0, colon) : std::string_view();
    const auto found = std::find_if(bound_.rbegin(), bound_.rend(),
                                    [&](const Binding& bound) { return bound.prefix == prefix; });
    return {found == bound_.rend() ? Space::kNone : found->space, local};
  }

  std::vector<Binding> bound_;  // the innermost last
  int depth_ = 0;
};

std::string* FactOf(const Name& name, XmpFacts& facts) {
  if (name.Is(Space::kIptcExtension, "DigitalSourceType")) return &facts.source_type;
  if (name.Is(Space::kIptcExtension, "AISystemUsed")) return &facts.ai_system;
  if (name.Is(Space::kXmp, "CreatorTool")) return &facts.creator_tool;
  if (name.Is(Space::kPhotoshop, "Credit")) return &facts.credit;
  if (name.Is(Space::kTc260, "AIGC")) return &facts.aigc;
  return nullptr;
}

void AppendCut(std::string& text, std::string_view more) {
  text += more.substr(0, kMaxValueBytes - std::min(kMaxValueBytes, text.size()));
}

/// Reads the properties. The parent's role and the name decide the role of each element.
class XmpReader : public XmlReader {
 public:
  explicit XmpReader(XmpFacts& facts) : facts_(facts) {}

  void OnStart(std::string_view written, const XmlAttributes& attributes) override {
    prefixes_.Enter(attributes);
    const Name name = prefixes_.Element(written);
    const Role parent = roles_.empty() ? Role::kOutside : roles_.back();
    roles_.push_back(RoleIn(parent, name));
    text_.clear();  // of the parent: blanks between elements
    has_child_ = false;
    switch (roles_.back()) {
      case Role::kResource:
        TakeProperties(attributes);
        break;
      case Role::kValue:
      case Role::kStructure:
        TakeValueAttributes(attributes);
        break;
      default:
        break;
    }
  }

  void OnText(std::string_view piece) override {
    if (roles_.back() == Role::kValue && !has_child_) AppendCut(text_, piece);
  }

  void OnEnd() override {
    if (roles_.back() == Role::kValue && !has_child_) AddValue(text_);
    text_.clear();
    has_child_ = true;  // for the parent
    roles_.pop_back();
    prefixes_.Leave();
    if (!roles_.empty() && roles_.back() == Role::kResource) fact_ = nullptr;
  }

 private:
  enum class Role {
    kOutside,    ///< Outside `rdf:RDF`.
    kRdf,        ///< `rdf:RDF`
    kResource,   ///< `rdf:Description` in it: its children and attributes are properties.
    kValue,      ///< A wanted property, an item of its list, or its `rdf:value`.
    kList,       ///< `rdf:Alt`, `rdf:Bag` or `rdf:Seq` in a value.
    kStructure,  ///< `rdf:Description` in a value: a value with qualifiers.
    kIgnored,    ///< All other elements, and their content.
  };

  Role RoleIn(Role parent, const Name& name) {
    switch (parent) {
      case Role::kOutside:
        return name.Is(Space::kRdf, "RDF") ? Role::kRdf : Role::kOutside;
      case Role::kRdf:
        return name.Is(Space::kRdf, "Description") ? Role::kResource : Role::kIgnored;
      case Role::kResource:
        fact_ = FactOf(name, facts_);
        if (fact_ != nullptr && !fact_->empty()) fact_ = nullptr;
        return fact_ != nullptr ? Role::kValue : Role::kIgnored;
      case Role::kValue:
        if (name.Is(Space::kRdf, "Alt") || name.Is(Space::kRdf, "Bag") ||
            name.Is(Space::kRdf, "Seq")) {
          return Role::kList;
        }
        if (name.Is(Space::kRdf, "Description")) return Role::kStructure;
        [[fallthrough]];
      case Role::kStructure:
        return name.Is(Space::kRdf, "value") ? Role::kValue : Role::kIgnored;
      case Role::kList:
        return name.Is(Space::kRdf, "li") ? Role::kValue : Role::kIgnored;
      case Role::kIgnored:
        break;
    }
    return Role::kIgnored;
  }

  void TakeProperties(const XmlAttributes& attributes) {
    attributes.ForEach([&](std::string_view written, std::string_view value) {
      std::string* fact = FactOf(prefixes_.Attribute(written), facts_);
      if (fact != nullptr && fact->empty()) AppendCut(*fact, value);
    });
  }

  /// `rdf:resource` is a value that is a URI; `rdf:value` is an attribute where its qualifiers are.
  void TakeValueAttributes(const XmlAttributes& attributes) {
    attributes.ForEach([&](std::string_view written, std::string_view value) {
      const Name name = prefixes_.Attribute(written);
      if (name.Is(Space::kRdf, "resource") || name.Is(Space::kRdf, "value")) AddValue(value);
    });
  }

  void AddValue(std::string_view value) {
    if (value.empty()) return;
    if (!fact_->empty()) AppendCut(*fact_, ", ");
    AppendCut(*fact_, value);
  }

  XmpFacts& facts_;
  Prefixes prefixes_;
  std::vector<Role> roles_;
  std::string* fact_ = nullptr;  ///< The property in progress, or null.
  std::string text_;             ///< Of the innermost element.
  bool has_child_ = false;       ///< Whether the innermost element had a child.
};

}  // namespace

XmpFacts ParseXmp(std::string packet) {
  XmpFacts facts;
  if (packet.empty() || packet.size() > kMaxPacketBytes) return facts;
  XmpReader reader(facts);
  // Half a packet might lack the part that limits its claim.
  if (!StreamXml(std::move(packet), reader)) return {};
  return facts;
}

}  // namespace vcache::content
