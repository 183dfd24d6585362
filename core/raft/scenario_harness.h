#ifndef CORE_RAFT_SCENARIO_HARNESS_H_
#define CORE_RAFT_SCENARIO_HARNESS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/raft/raft.h"

// A handful of peers that do exactly what a scenario file tells them: nothing is delivered, made
// durable or ticked unless a command says so. Commands (N, M: nodes):
//
//   cluster K | blank K       K peers, formed or unformed; `cluster 3 slow-disk=..` etc. set Config
//   fields log N 1 1 2 ..            before start: node N's durable log has entries of these terms
//   election-timeout N MS     of node N, from its next start
//   start                     all nodes that are down
//   elapse MS                 time passes and nobody notices yet
//   tick N                    node N notices
//   campaign N                node N's election timer runs out (time passes as far as needed)
//   elect N                   campaign, with all messages delivered and all disks prompt
//   deliver [N->M [count]]    the oldest matching messages, or all there are until none is left
//   drop [N->M] | duplicate N->M | reorder N->M
//   durable N [count]         the oldest outstanding orders of N reach the disk
//   disks auto|manual         whether orders are durable at once (auto at the start)
//   propose N ID BYTES | read N ID lease|confirm | transfer N M | disk-space N low|ok
//   crash N | restart N [damaged]   a crash loses what is not durable
//   wipe N | rot N count      N stops; its disk is replaced by an empty one, or loses its last
//   entries flush N                   the state machine's state of N is durable as far as it
//   applied snapshot N M              the snapshot that N was told to send arrives and is installed
//   inject N M T I P C terms  an append from N to M in term T, after entry I of term P, commit C,
//   with these entries isolate N | heal         what N sends and gets is lost when its turn to be
//   delivered comes settle MS                 time passes with everything working and everybody up
//   taking part show [N]                  role, term, log of every node lease N whether a lease
//   read may be answered now
namespace jfs::raft {

class ScenarioHarness {
 public:
  // `mutations` plants bugs; see Config.
  explicit ScenarioHarness(Mutations mutations = {}, bool check_invariants = true);
  ~ScenarioHarness();

  // What happened, one event a line. An unknown command or node is reported in the text.
  std::string Run(const std::string& command);

 private:
  struct Peer;

  void Build(const std::vector<std::string>& words, bool formed);
  void Start(Peer& peer, bool damaged);
  void Step(Peer& peer, const Input& input);
  void Absorb(Peer& peer, Output output);
  void Complete(Peer& peer, size_t count);
  void Deliver(size_t position);
  void DeliverAll();
  void Settle(Duration duration);
  void Show(const Peer& peer);
  Peer& At(const std::string& word);

  Micros now_;
  bool auto_disks_ = true;
  bool quiet_ = false;
  NodeId isolated_;
  Config config_;
  std::map<NodeId, std::unique_ptr<Peer>> peers_;
  std::deque<Message> messages_;
  std::string text_;
  uint64_t incarnations_ = 10;
};

// The scenario with what happened filled in anew: blocks are separated by empty lines, a line of
// dashes separates commands from what they caused, lines that start with # are comments.
std::string ReplayScenario(const std::string& text, Mutations mutations = {},
                           bool check_invariants = true);

}  // namespace jfs::raft

#endif  // CORE_RAFT_SCENARIO_HARNESS_H_
