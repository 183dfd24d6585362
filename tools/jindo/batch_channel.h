#ifndef TOOLS_JINDO_BATCH_CHANNEL_H_
#define TOOLS_JINDO_BATCH_CHANNEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "net/hadoop/ipc_client.h"
#include "net/jindo/proto/jindo.pb.h"
#include "tools/jindo/file_system.h"

// Way for batches of operations to the service. One thread at a time.
namespace jfs::tools {

class BatchChannel {
 public:
  using Batch = ::jfs::jindo::ImportBatchRequestProto;
  struct Outcome {
    uint64_t tag = 0;
    // Set: there is no answer, or the batch as a whole was refused. Without an answer its
    // operations may have been done.
    std::optional<Failure> failure;
    ::jfs::jindo::ImportBatchResponseProto response;  // else: one result an operation
  };

  virtual ~BatchChannel() = default;
  // Gives each operation its call id and sends the batch; the ids are in *batch afterwards.
  virtual void Submit(Batch* batch, uint64_t tag) = 0;
  // Waits for at least one outcome, at most for `max_wait`.
  virtual void Poll(Duration max_wait, std::vector<Outcome>* outcomes) = 0;
  virtual size_t outstanding() const = 0;
  virtual const std::string& client_id() const = 0;
  virtual uint64_t failovers() const = 0;
};

// Over Hadoop IPC to the masters, failing over with the same client id and call ids.
class IpcBatchChannel : public BatchChannel {
 public:
  explicit IpcBatchChannel(net::hadoop::IpcClient::Options options) : client_(std::move(options)) {}
  void Submit(Batch* batch, uint64_t tag) override;
  void Poll(Duration max_wait, std::vector<Outcome>* outcomes) override;
  size_t outstanding() const override { return client_.outstanding(); }
  const std::string& client_id() const override { return client_.client_id(); }
  uint64_t failovers() const override { return client_.failovers(); }

 private:
  net::hadoop::IpcClient client_;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_BATCH_CHANNEL_H_
