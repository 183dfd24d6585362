#include "sim/model/production.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/kv/write_batch.h"
#include "core/ns/codec.h"
#include "core/ns/error_text.h"
#include "sim/model/script.h"

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

bool Agree(const Outcome& outcome, const ns::Reply& reply) {
  if (reply.position != ns::Position::Of(1, outcome.sequence)) return false;
  if (!outcome.refusal.has_value()) {
    return reply.code == ns::Code::kOk && reply.value == outcome.value;
  }
  if (reply.code == ns::Code::kOk) return false;
  const Refusal& refusal = *outcome.refusal;
  const ns::ErrorText text = ns::TextOf(reply.code, reply.arguments);
  if (text.java_class != refusal.exception) return false;
  return refusal.any_message || text.message == refusal.message ||
         std::find(refusal.also.begin(), refusal.also.end(), text.message) != refusal.also.end();
}

std::string TextOf(const Outcome& outcome) {
  if (!outcome.refusal.has_value()) return TextOf(outcome.value);
  return absl::StrCat(
      outcome.refusal->exception, ": ",
      outcome.refusal->any_message ? "(any message)" : Printable(outcome.refusal->message));
}

std::string TextOf(const ns::Reply& reply) {
  if (reply.code == ns::Code::kOk) return TextOf(reply.value);
  const ns::ErrorText text = ns::TextOf(reply.code, reply.arguments);
  return absl::StrCat(text.java_class, ": ", Printable(text.message));
}

}  // namespace jfs::sim::model
