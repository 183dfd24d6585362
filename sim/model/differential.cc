#include "sim/model/differential.h"

#include <deque>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/ns/fsck.h"
#include "core/ns/keys.h"
#include "core/ns/mirror_record.h"
#include "core/ns/namespace.h"
#include "core/ns/recovery_record.h"
#include "core/outbox/outbox_row.h"
#include "sim/model/generator.h"
#include "sim/model/production.h"
#include "sim/model/reference_namespace.h"
#include "sim/model/text.h"
#include "sim/oracle/reply_match.h"

namespace jfs::sim::model {
namespace {

class Run {
 public:
  Run(uint64_t seed, OutcomeCounts* counts)
      : generator_(seed), random_(Mix64(seed ^ 0xd1ff)), counts_(counts) {}

  std::string Execute(uint64_t entries) {
    std::string difference;
    // One history in three is mirrored, and loses all its masters once.
    const bool mirrored = random_.Chance(1, 3);
    const uint64_t loss = mirrored ? random_.Below(entries) : entries;
    if (mirrored) difference = ApplyOne(ns::SetMirror{.on = true});
    if (difference.empty()) difference = Apply(generator_.Formation());
    for (uint64_t i = 0; i < entries && difference.empty(); ++i) {
      if (random_.Chance(1, 25)) reopened_.Reopen();
      if (i == loss) difference = Recover();
      if (difference.empty()) difference = Apply(generator_.Next(model_));
      if (difference.empty()) difference = CompareRead(generator_.Read(model_));
      if (difference.empty() && (i % 20 == 19 || i + 1 == entries)) difference = CompareAll();
    }
    if (difference.empty()) return difference;
    std::string report = absl::StrCat(difference, "\nlast calls:\n");
    for (const std::string& line : trace_) absl::StrAppend(&report, "  ", line, "\n");
    return absl::StrCat(report, "the model now holds:\n", model_.Dump());
  }

 private:
  void Trace(std::string line) {
    trace_.push_back(std::move(line));
    if (trace_.size() > 25) trace_.pop_front();
  }

  bool Agree(const Outcome& outcome, const ns::Reply& reply) const {
    return reply.position.lineage() == model_.lineage() && DifferenceOf(reply, outcome).empty();
  }

  std::string ApplyOne(ns::Operation operation) {
    ns::CommandBatch batch;
    batch.commands.push_back({1, Generator::Superuser(), {}, std::move(operation)});
    return Apply(batch);
  }

  // Only the mirrored rows are left, and what the outbox said last.
  std::string Recover() {
    ns::BeginRecovery begin;
    begin.cluster = "lost";
    begin.lineage = model_.lineage();
    begin.chain = steady_.get().mirror().record.chain;
    std::vector<ns::LoadRows::Row> rows;
    outbox::OutboxRow last;
    for (const auto& [key, value] : steady_.store().contents()) {
      if (ns::IsMirrored(key)) rows.push_back({key, value});
      uint64_t sequence = 0;
      if (ns::ParseOutboxKey(key, &sequence)) CHECK(outbox::DecodeOutboxRow(value, &last));
    }
    begin.last = last.last;
    begin.checkpoint = last.last;
    begin.wall = last.wall;
    begin.next_lease = last.next_lease;
    begin.next_namespace = last.next_namespace;
    begin.directories = last.directories;
    begin.files = last.files;
    begin.bytes = last.bytes;
    const ns::SetLimits limits = model_.limits();
    ReferenceNamespace next;
    next.ExpectRecovered(model_, model_.version());
    model_ = std::move(next);
    steady_ = Production();
    reopened_ = Production();

    std::string difference = ApplyOne(begin);
    std::string cursor;
    while (difference.empty() && !rows.empty()) {
      ns::LoadRows chunk;
      chunk.from = cursor;
      for (uint64_t left = random_.Between(1, 60); left > 0 && !rows.empty(); --left) {
        std::swap(rows[random_.Below(rows.size())], rows.back());
        chunk.rows.push_back(std::move(rows.back()));
        rows.pop_back();
      }
      cursor = rows.empty() ? ns::kRecoveryEnd : absl::StrCat(rows.size());
      chunk.to = cursor;
      difference = ApplyOne(chunk);
      if (difference.empty()) difference = CompareRead({1, Generator::Superuser(), Anything()});
      if (difference.empty() && random_.Chance(1, 4)) difference = ApplyOne(ns::Mkdirs{"/new"});
      if (random_.Chance(1, 4)) reopened_.Reopen();
    }
    if (difference.empty()) difference = ApplyOne(ns::FinishRecovery{true, ""});
    if (difference.empty()) difference = CompareAll();
    for (int i = 0; i < 3 && difference.empty(); ++i) difference = Apply(generator_.Next(model_));
    if (!difference.empty()) return difference;
    const auto lineage = static_cast<uint16_t>(begin.lineage + 1);
    difference = ApplyOne(ns::ClaimRecovered{lineage, random_.Chance(1, 2)});
    return difference.empty() ? ApplyOne(limits) : difference;
  }

  static ns::Query Anything() { return ns::GetFileInfo{"/"}; }

  std::string Apply(const ns::CommandBatch& batch) {
    const std::vector<Outcome> outcomes = model_.Apply(batch);
    const std::vector<ns::Reply> replies = steady_.Apply(batch);
    const std::vector<ns::Reply> again = reopened_.Apply(batch);
    if (replies.size() != outcomes.size()) return "one reply per command was promised";
    for (size_t i = 0; i < outcomes.size(); ++i) {
      const Outcome& outcome = outcomes[i];
      const std::string call = TextOf(batch.commands[i]);
      Trace(absl::StrCat(call, " -> ", AnswerText(outcome), outcome.repeated ? " (repeated)" : ""));
      Tally(batch.commands[i], outcome);
      if (!Agree(outcome, replies[i])) {
        return absl::StrCat(call, "\n  model:   ", AnswerText(outcome), " at ", outcome.sequence,
                            "\n  core/ns: ", AnswerText(replies[i]), " at ",
                            replies[i].position.lineage(), "-", replies[i].position.sequence());
      }
    }
    if (replies != again) return "an instance that was opened again answers otherwise";
    if (steady_.get().state_hash() != reopened_.get().state_hash()) {
      return "the state hash of an instance that was opened again differs";
    }
    if (steady_.get().position() != ns::Position::Of(model_.lineage(), model_.sequence())) {
      return absl::StrCat("position ", steady_.get().position().sequence(), ", the model counted ",
                          model_.sequence());
    }
    return "";
  }

  void Tally(const ns::Command& command, const Outcome& outcome) {
    const std::string text = TextOf(command.operation);
    std::string how = outcome.refusal.has_value() ? outcome.refusal->exception : "ok";
    if (const auto* truth = std::get_if<ns::Truth>(&outcome.value))
      how = truth->value ? "true" : "false";
    if (outcome.refusal.has_value()) how = how.substr(how.rfind('.') + 1);
    if (outcome.repeated) how = "repeated";
    ++(*counts_)[absl::StrCat(text.substr(0, text.find(' ')), " ", how)];
  }

  std::string CompareRead(const ns::ReadRequest& request) const {
    const Outcome outcome = model_.Read(request);
    const ns::Reply reply = steady_.Read(request);
    if (Agree(outcome, reply) && reply == reopened_.Read(request)) return "";
    return absl::StrCat(TextOf(request), "\n  model:   ", AnswerText(outcome),
                        "\n  core/ns: ", AnswerText(reply),
                        "\n  opened again: ", AnswerText(reopened_.Read(request)));
  }

  std::string CompareAll() {
    if (steady_.store().contents() != reopened_.store().contents()) {
      return "the rows of an instance that was opened again differ";
    }
    for (const ns::Namespace::NamespaceInfo& info : steady_.get().namespaces()) {
      const Tree& root = model_.root(info.id);
      const Count count = CountAll(root);
      const ns::Namespace::Totals totals = steady_.get().totals(info.id);
      if (totals.directories != count.directories || totals.files != count.files ||
          totals.bytes != count.bytes) {
        return absl::StrCat("totals ", totals.directories, " ", totals.files, " ", totals.bytes,
                            ", recounted ", count.directories, " ", count.files, " ", count.bytes);
      }
      std::string difference = CompareTree(info.id, "/", root);
      if (!difference.empty()) return difference;
    }
    const auto findings = ns::Fsck(steady_.store());
    if (!findings.ok()) return absl::StrCat("fsck: ", findings.status().ToString());
    if (!findings->empty()) return absl::StrCat("fsck: ", findings->front());
    return "";
  }

  // Walks what exists by listing it in small pages, and asks all there is to ask about every path.
  std::string CompareTree(ns::NamespaceId ns, const std::string& path, const Tree& node) {
    const ns::Caller root = Generator::Superuser();
    std::vector<ns::Query> queries = {ns::GetFileInfo{path}, ns::GetContentSummary{path},
                                      ns::GetBlockLocations{path}};
    for (ns::Query query : std::vector<ns::Query>{
             ns::GetLocatedFileInfo{path}, ns::GetQuotaUsage{path}, ns::IsFileClosed{path},
             ns::GetAclStatus{path}, ns::GetXAttrs{path, {}}, ns::ListXAttrs{path}}) {
      queries.push_back(std::move(query));
    }
    const uint32_t page = static_cast<uint32_t>(random_.Between(1, 3));
    ns::GetListing listing{path, "", page};
    queries.push_back(listing);
    uint32_t listed = 0;
    for (const auto& [name, child] : node->children) {
      if (++listed % page != 0) continue;
      listing.start_after = name;
      queries.push_back(listing);
    }
    for (ns::Query& query : queries) {
      std::string difference = CompareRead({ns, root, std::move(query)});
      if (!difference.empty()) return difference;
    }
    for (const auto& [name, child] : node->children) {
      std::string difference =
          CompareTree(ns, absl::StrCat(path == "/" ? "" : path, "/", name), child);
      if (!difference.empty()) return difference;
    }
    return "";
  }

  Generator generator_;
  Random random_;  // for what is not a call: when to open again, page sizes
  OutcomeCounts* counts_;
  ReferenceNamespace model_;
  Production steady_;
  Production reopened_;
  std::deque<std::string> trace_;
};

}  // namespace

std::string RunDifferential(uint64_t seed, uint64_t entries, OutcomeCounts* counts) {
  return Run(seed, counts).Execute(entries);
}

}  // namespace jfs::sim::model
