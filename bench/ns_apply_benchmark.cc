#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/kv/memory_store.h"
#include "core/ns/codec.h"
#include "core/ns/namespace.h"

// What one replicated command costs the applier without the store: decoding, the namespace, and the
// batch it leaves behind. The store is in memory and its writes are not timed.
namespace jfs::ns {
namespace {

class Applier {
 public:
  Applier() : namespace_(*Namespace::Open(store_, Mutations())) {
    Apply({Command{1, Superuser(), {}, CreateNamespace{"bench"}}});
    Write();
    for (int i = 0; i < 100; ++i) {
      Apply({Command{1, Superuser(), {}, Mkdirs{"/parent" + std::to_string(i)}}});
    }
    Write();
  }

  static Caller Superuser() { return {"root", {"supergroup"}, true, "10.0.0.1"}; }

  void Apply(std::vector<Command> commands) {
    CommandBatch batch;
    batch.wall = WallMillis(1'700'000'000'000 + index_);
    batch.commands = std::move(commands);
    Apply(EncodeCommandBatch(batch));
  }

  void Apply(const std::string& payload) {
    replies_.clear();
    const absl::Status status = namespace_->Apply(store_, ++index_, payload, &batch_, &replies_);
    CHECK(status.ok()) << status.ToString();
    CHECK(replies_[0].code == Code::kOk);
  }

  void Write() {
    CHECK(store_.Write(batch_).ok());
    batch_.Clear();
  }

 private:
  kv::MemoryStore store_;
  kv::WriteBatch batch_;
  std::vector<Reply> replies_;
  uint64_t index_ = 0;
  std::unique_ptr<Namespace> namespace_;
};

template <typename MakeOperation>
void Run(benchmark::State& state, const MakeOperation& make) {
  Applier applier;
  const auto per_entry = static_cast<uint64_t>(state.range(0));
  uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    CommandBatch batch;
    batch.wall = WallMillis(1'700'000'000'000);
    for (uint64_t i = 0; i < per_entry; ++i, ++number) {
      Command command;
      command.caller = Applier::Superuser();
      command.call = {"0123456789abcdef", static_cast<int32_t>(number)};
      command.operation = make(number);
      batch.commands.push_back(std::move(command));
    }
    const std::string payload = EncodeCommandBatch(batch);
    state.ResumeTiming();
    applier.Apply(payload);
    state.PauseTiming();
    applier.Write();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<int64_t>(number));
}

std::string PathOf(uint64_t number) {
  return "/parent" + std::to_string(number % 100) + "/entry" + std::to_string(number);
}

void BM_Mkdirs(benchmark::State& state) {
  Run(state, [](uint64_t number) -> Operation { return Mkdirs{PathOf(number)}; });
}
BENCHMARK(BM_Mkdirs)->Arg(64)->Arg(256);

void BM_ImportFile(benchmark::State& state) {
  Run(state, [](uint64_t number) -> Operation {
    ImportFile import;
    import.path = PathOf(number);
    import.length = 1000;
    return import;
  });
}
BENCHMARK(BM_ImportFile)->Arg(64)->Arg(256);

}  // namespace
}  // namespace jfs::ns
