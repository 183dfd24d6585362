#ifndef TESTS_MIRROR_UPLOAD_WORLD_H_
#define TESTS_MIRROR_UPLOAD_WORLD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/mutation.h"
#include "core/base/random.h"
#include "core/mirror/fence.h"
#include "core/mirror/run_reader.h"
#include "core/mirror/uploader.h"
#include "tests/mirror/virtual_service.h"
#include "tests/mirror/written_mirror.h"

// A cluster reduced to what uploading sees of it: a history that grows, leaders that come and go,
// and Tablestore with faults. Whatever the seed does to it, the mirror is a prefix of the history.
namespace jfs::mirror {

struct UploadWorldOptions {
  uint64_t seed = 1;
  UploadLimits limits;
  ots_mock::EngineOptions engine;
  uint64_t keys = 40;
  Mutations mutations;
  // Everything above but seed and mutations drawn from the seed, and faults with it.
  static UploadWorldOptions Swarm(uint64_t seed, Mutations mutations = {});
};

// A leader with its uploader. Once it is replaced its state grows no more, but it may go on
// believing that it leads.
class Leader {
 public:
  Leader(uint64_t number, const UploadLimits& limits, Writer writer, Mutations mutations)
      : number_(number),
        writer_(writer),
        uploader_(std::make_unique<Uploader>(limits, std::move(writer), mutations)) {}

  UploadStatus status() const { return uploader_->status(); }
  const Writer& writer() const { return writer_; }
  const std::vector<std::string>& notes() const { return notes_; }
  bool admitted() const { return admitted_; }

 private:
  friend class UploadWorld;
  const uint64_t number_;
  const Writer writer_;
  std::unique_ptr<Uploader> uploader_;
  std::optional<size_t> frozen_;  // entries of the history it has: unset means all
  uint64_t trimmed_ = 0;          // its outbox begins behind this sequence
  bool dead_ = false;
  Micros paused_until_ = Micros(0);
  std::vector<CallEnded> ended_;
  uint64_t wake_ = 0;  // number of the last wake-up asked for
  uint64_t calls_ = 0;
  bool admitted_ = false;
  std::vector<std::string> notes_;
};

class UploadWorld {
 public:
  explicit UploadWorld(const UploadWorldOptions& options);

  VirtualService& service() { return service_; }
  History& history() { return history_; }

  // A leader of a term of its own; the one before it stays as it is.
  Leader* Elect(Writer writer);
  // The cluster "c1", lineage 1, the next term.
  Leader* Elect() { return Elect({.cluster = "c1", .lineage = 1, .term = ++term_}); }
  // Its state is as it is now, for ever.
  void Depose(Leader* leader);
  void Kill(Leader* leader) { leader->dead_ = true; }
  void Pause(Leader* leader, Duration duration);

  // One more entry in the history.
  void Grow(uint64_t changes);
  void RunFor(Duration duration) { service_.RunUntil(service_.now() + duration); }

  // A run with everything that the options allow, then a quiet end at which the mirror must be
  // complete. Returns what was wrong, or nothing.
  std::string Swarm();

  // Whether the mirror is a prefix of the history, further than ever before, that a reader can put
  // together; what is wrong with it, or nothing.
  std::string Check();
  std::optional<Fence> fence();
  std::vector<DataRow> data();
  size_t journal_rows();

  // How often things happened that this world is for.
  struct Counts {
    uint64_t leaders = 0, stale_writers = 0, faults = 0, appends = 0, parts = 0, journal_reads = 0;
    uint64_t superseded = 0, tombstones_removed = 0, checks = 0, transactions = 0;
    uint64_t progress_reports = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  class Reader;

  void Step(Leader* leader);
  void Note(std::string violation) {
    if (violation_.empty()) violation_ = std::move(violation);
  }
  void AddFaults();
  void LetLeadersChange();
  std::string CheckComplete(Leader* leader);
  std::string CheckRows(const Fence& fence);
  Leader* leader() { return leaders_.back().get(); }

  const UploadWorldOptions options_;
  VirtualService service_;
  History history_;
  Random random_;
  uint64_t term_ = 0;
  std::vector<std::unique_ptr<Leader>> leaders_;
  bool admitted_ = false;  // any of them
  // What the cluster has agreed on: everything up to here is mirrored.
  uint64_t replicated_ = 0;
  std::optional<Fence> seen_;
  std::string violation_;
  Counts counts_;
};

}  // namespace jfs::mirror

#endif  // TESTS_MIRROR_UPLOAD_WORLD_H_
