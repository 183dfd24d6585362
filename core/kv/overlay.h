#ifndef CORE_KV_OVERLAY_H_
#define CORE_KV_OVERLAY_H_

#include <memory>
#include <string>
#include <string_view>

#include "core/kv/view.h"
#include "core/kv/write_batch.h"

namespace jfs::kv {

// A view with a batch of changes laid over it: what a state would look like after the batch. Reads
// of one command see the writes of those before it in the same batch. Neither argument is owned;
// the batch may change between reads, but not while an iterator of this overlay is alive.
class Overlay : public View {
 public:
  Overlay(const View* below, const WriteBatch* batch) : below_(below), batch_(batch) {}

  absl::Status Get(std::string_view key, std::string* value, bool* found) const override;
  std::unique_ptr<Iterator> Scan(std::string_view lower, std::string_view upper) const override;

 private:
  const View* below_;
  const WriteBatch* batch_;
};

}  // namespace jfs::kv

#endif  // CORE_KV_OVERLAY_H_
