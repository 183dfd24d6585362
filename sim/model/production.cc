#include "sim/model/production.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/kv/write_batch.h"
#include "core/ns/codec.h"

namespace jfs::sim::model {

void Production::Reopen() {
  namespace_.reset();
  auto opened = ns::Namespace::Open(store_, Mutations());
  CHECK(opened.ok()) << opened.status();
  namespace_ = std::move(*opened);
}

std::vector<ns::Reply> Production::Apply(const ns::CommandBatch& batch) {
  kv::WriteBatch changes;
  std::vector<ns::Reply> replies;
  const absl::Status applied =
      namespace_->Apply(store_, ++index_, ns::EncodeCommandBatch(batch), &changes, &replies);
  CHECK(applied.ok()) << applied;
  const absl::Status written = store_.Write(changes);
  CHECK(written.ok()) << written;
  return replies;
}

ns::Reply Production::Read(const ns::ReadRequest& request) const {
  ns::Reply reply;
  const absl::Status read = namespace_->Read(store_, request, &reply);
  CHECK(read.ok()) << read;
  return reply;
}

}  // namespace jfs::sim::model
