#ifndef OTS_MOCK_ENGINE_ENGINE_H_
#define OTS_MOCK_ENGINE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/time.h"
#include "core/kv/state_store.h"
#include "core/ots/exchange.h"

// Tablestore's behaviour: tables, rows, conditions, filters, ranges, batches, local transactions,
// limits and error codes, as docs/formats/tablestore.md has them. Pure: time comes in, rows lie in
// the store it is given. The server around it and the simulator execute the same code.
namespace jfs::ots_mock {

struct EngineOptions {
  size_t max_tables = 64;
  // False: only tables created with enable_local_txn, which two of the official clients cannot ask
  // for, have local transactions.
  bool transactions_on_every_table = true;
  // False: BatchWriteRow ignores is_atomic, as an instance without that feature does.
  bool honours_atomic_batches = true;
  uint64_t transaction_lifetime_millis = 60'000;
  uint64_t max_transaction_bytes = uint64_t{4} << 20;
  // An answer of GetRange stops after so many rows or bytes that were looked at.
  uint64_t max_scanned_rows = 5'000;
  uint64_t max_scanned_bytes = uint64_t{4} << 20;
};

// Used by one thread.
class Engine {
 public:
  // Which rows of a batch fail, by their place among all rows of the request; such a row is not
  // written and is answered with OTSServerBusy.
  using FailsRow = std::function<bool(size_t row)>;

  // Takes what is in `store`, which must outlive the engine: nothing, or what an engine left there.
  // Transactions that were open are gone, as after a restart of the service.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(const EngineOptions& options,
                                                      kv::StateStore* store);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Executes one operation at `now`, which should not go back. What it changed is in the store, in
  // one batch, when this returns. Any request is answered, one that is nonsense by an error.
  // A status is an error of the store: nothing is known about the request, and the engine must not
  // be used any further.
  absl::StatusOr<ots::Answer> Execute(const ots::Request& request, WallMillis now,
                                      const FailsRow& fails_row = nullptr);

  size_t tables() const;
  size_t open_transactions() const;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_ENGINE_ENGINE_H_
