#include "tools/jindo/batch_channel.h"

#include <utility>

#include "net/hadoop/ipc_message.h"

namespace jfs::tools {

void IpcBatchChannel::Submit(Batch* batch, uint64_t tag) {
  int32_t call_id = client_.ReserveCallIds(batch->operations_size());
  for (auto& operation : *batch->mutable_operations())
    operation.set_callid(static_cast<uint32_t>(call_id++));
  client_.Submit(net::hadoop::kJindoProtocol, "importBatch", *batch, tag);
}

void IpcBatchChannel::Poll(Duration max_wait, std::vector<Outcome>* outcomes) {
  std::vector<net::hadoop::IpcClient::Result> results;
  client_.Poll(max_wait, &results);
  for (const net::hadoop::IpcClient::Result& result : results) {
    Outcome outcome{.tag = result.tag, .failure = FailureOf(result)};
    if (!outcome.failure.has_value() && !outcome.response.ParseFromString(result.response)) {
      outcome.failure =
          Failure{.message = "the answer to importBatch is not what the protocol says"};
    }
    outcomes->push_back(std::move(outcome));
  }
}

}  // namespace jfs::tools
