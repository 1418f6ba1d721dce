#pragma once

#include <memory>
#include <string_view>

#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/gate.h"
#include "support/gated_detector.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::test {

inline analysis::Content TextContent(std::string_view text) {
  analysis::Content content;
  content.key = {cache::ContentKind::kText, content::DigestOf(AsBytes(text))};
  content.text = text;
  return content;
}

/// What replicas on one shared store have in common; a test adds vendors and replicas.
struct SharedStoreFixture {
  SharedStoreFixture() {
    shared.announce = [this](const cache::CacheKey& key) { notifier.Announce(key.ToString()); };
  }

  FakeClock clock;
  cache::MemoryStore verdicts{{.max_ttl = std::chrono::seconds(0)}, clock};
  FakeLeaseStore shared{verdicts, clock};
  cache::TieredStore tiers{nullptr, &shared};
  cache::LeaseNotifier notifier{cache::KeySpace(), clock};
  analysis::AnalysisObserver nobody;
};

/// All of them ask one vendor.
struct OneVendorFixture : SharedStoreFixture {
  std::shared_ptr<GatedDetector> vendor = std::make_shared<GatedDetector>();
  detection::DetectorPanel panel{{}, {}, {vendor}, clock};

  /// The vendor answers when the gate opens.
  void HoldTheVendor(Gate& gate) {
    vendor->answer = [this, &gate](const auto&) {
      gate.Pass();
      return vendor->Verdict(77);
    };
  }
};

}  // namespace vcache::test
