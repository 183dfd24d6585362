#include "core/kv/overlay.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/base/random.h"
#include "core/kv/memory_store.h"

namespace jfs::kv {
namespace {

std::map<std::string, std::string> Walk(const View& view, std::string_view lower,
                                        std::string_view upper) {
  std::map<std::string, std::string> rows;
  std::string last;
  const auto at = view.Scan(lower, upper);
  for (; at->Valid(); at->Next()) {
    const std::string key(at->key());
    EXPECT_TRUE(rows.empty() || last < key) << "out of order: " << key;
    last = key;
    rows.emplace(key, std::string(at->value()));
  }
  EXPECT_TRUE(at->status().ok());
  return rows;
}

std::string RandomKey(Random* random) {
  std::string key;
  const uint64_t size = random->Below(3);
  for (uint64_t i = 0; i <= size; ++i) key.push_back(static_cast<char>('a' + random->Below(3)));
  return key;
}

// Against the obvious twin: write the batch, then read.
TEST(OverlayTest, ShowsWhatWritingTheBatchWouldGive) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    MemoryStore below;
    MemoryStore written;
    WriteBatch setup;
    WriteBatch batch;
    for (int i = 0; i < 12; ++i) {
      const std::string key = RandomKey(&random);
      setup.Put(key, "old");
    }
    for (int i = 0; i < 12; ++i) {
      const std::string key = RandomKey(&random);
      if (random.Chance(1, 2)) {
        batch.Put(key, std::to_string(i));
      } else {
        batch.Delete(key);
      }
    }
    ASSERT_TRUE(below.Write(setup).ok());
    ASSERT_TRUE(written.Write(setup).ok());
    ASSERT_TRUE(written.Write(batch).ok());
    const Overlay overlay(&below, &batch);
    for (int i = 0; i < 10; ++i) {
      const std::string lower = random.Chance(1, 4) ? "" : RandomKey(&random);
      const std::string upper = random.Chance(1, 4) ? "" : RandomKey(&random);
      EXPECT_EQ(Walk(overlay, lower, upper), Walk(written, lower, upper))
          << "seed " << seed << " from " << lower << " to " << upper;
      std::string a;
      std::string b;
      bool found_a = false;
      bool found_b = false;
      ASSERT_TRUE(overlay.Get(lower, &a, &found_a).ok());
      ASSERT_TRUE(written.Get(lower, &b, &found_b).ok());
      EXPECT_EQ(found_a, found_b);
      EXPECT_EQ(a, b);
    }
  }
}

// A store of three rows whose walk fails after the first.
class FailsAfterOne : public View {
 public:
  absl::Status Get(std::string_view, std::string*, bool*) const override {
    return absl::DataLossError("gone");
  }
  std::unique_ptr<Iterator> Scan(std::string_view, std::string_view) const override {
    class Failing : public Iterator {
     public:
      bool Valid() const override { return !moved_; }
      void Next() override { moved_ = true; }
      std::string_view key() const override { return "b"; }
      std::string_view value() const override { return "1"; }
      absl::Status status() const override {
        return moved_ ? absl::DataLossError("gone") : absl::OkStatus();
      }

     private:
      bool moved_ = false;
    };
    return std::make_unique<Failing>();
  }
};

TEST(OverlayTest, AReadErrorEndsTheWalkAndIsNotMistakenForItsEnd) {
  const FailsAfterOne below;
  for (const char* key : {"a", "b", "c"}) {
    WriteBatch batch;
    batch.Put(key, "x");
    const Overlay overlay(&below, &batch);
    const auto at = overlay.Scan("", "");
    while (at->Valid()) at->Next();
    EXPECT_EQ(at->status().code(), absl::StatusCode::kDataLoss) << key;
  }
  WriteBatch batch;
  const Overlay overlay(&below, &batch);
  std::string value;
  bool found = false;
  EXPECT_FALSE(overlay.Get("b", &value, &found).ok());
}

}  // namespace
}  // namespace jfs::kv
