#ifndef SIM_MODEL_PRODUCTION_H_
#define SIM_MODEL_PRODUCTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/kv/memory_store.h"
#include "core/ns/namespace.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"

// core/ns made ready to be held against the model.
namespace jfs::sim::model {

// core/ns with its rows in memory. Dies on a status that is not OK: over a store that loses nothing
// there is none.
class Production {
 public:
  Production() { Reopen(); }

  // Throws away what is in memory and rebuilds it from the rows.
  void Reopen();
  std::vector<ns::Reply> Apply(const ns::CommandBatch& batch);
  ns::Reply Read(const ns::ReadRequest& request) const;

  const ns::Namespace& get() const { return *namespace_; }
  const kv::MemoryStore& store() const { return store_; }

 private:
  kv::MemoryStore store_;
  std::unique_ptr<ns::Namespace> namespace_;
  uint64_t index_ = 0;
};

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_PRODUCTION_H_
