#include "sim/network/network.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace jfs::sim {
namespace {

class Host : public NetworkHost {
 public:
  bool Listening(NodeId node) const override { return node != down; }
  node::PeerHello Hello(NodeId from, NodeId to, node::Lane lane) const override {
    node::PeerHello hello;
    hello.from = from;
    hello.to = to;
    hello.lane = lane;
    hello.incarnation = Incarnation(from.value);
    hello.configuration_hash = from == stranger ? 2 : 1;
    return hello;
  }
  void Deliver(NodeId, NodeId, SharedBytes payload) override { got.emplace_back(payload.view()); }

  NodeId down, stranger;
  std::vector<std::string> got;
};

struct Wires {
  explicit Wires(FaultSet faults, NetworkOptions options = {})
      : world(1, faults, nullptr),
        network(&world, &probes, options, &host, {NodeId(1), NodeId(2), NodeId(3)}) {}
  void Send(const std::string& text, node::Lane lane = node::Lane::kControl) {
    network.Send(NodeId(1), NodeId(2), lane, SharedBytes(text));
  }
  void RunAll() {
    while (world.RunNext()) {
    }
  }
  void Wait(Duration time) {
    world.After(time, [] {});
    RunAll();
  }
  World world;
  Probes probes;
  Host host;
  Network network;
};

FaultSet Only(FaultKind kind) {
  FaultSet faults;
  faults.Add(kind);
  return faults;
}

TEST(NetworkTest, OneLaneKeepsItsOrder) {
  Wires wires{FaultSet()};
  std::vector<std::string> sent;
  for (int i = 0; i < 20; ++i) {
    sent.push_back("m" + std::to_string(i));
    wires.Send(sent.back());
  }
  wires.RunAll();
  EXPECT_EQ(wires.host.got, sent);
}

TEST(NetworkTest, PartitionLosesAndResetsAndHeals) {
  Wires wires{FaultSet()};
  wires.Send("a");
  wires.RunAll();
  wires.network.Block(NodeId(1), NodeId(2), wires.world.now() + kSecond);
  wires.Send("b");
  wires.RunAll();
  EXPECT_EQ(wires.host.got, std::vector<std::string>{"a"});
  EXPECT_EQ(wires.probes.count(Probe::kConnectionsReset), 1u);
  // The other direction is a wire of its own.
  wires.network.Send(NodeId(3), NodeId(1), node::Lane::kControl, SharedBytes("c"));
  wires.RunAll();
  EXPECT_EQ(wires.host.got.back(), "c");
  wires.Wait(2 * kSecond);
  wires.Send("d");
  wires.RunAll();
  EXPECT_EQ(wires.host.got.back(), "d");
}

TEST(NetworkTest, WhatADeadProcessHadSentArrivesOrNot) {
  Wires wires{FaultSet()};
  size_t sent = 0;
  for (int i = 0; i < 60; ++i) {
    wires.Send("first");
    wires.Wait(100 * kMillisecond);
    wires.Send("last words " + std::to_string(i));
    wires.network.CloseAll(NodeId(1));
    wires.Wait(100 * kMillisecond);
    sent += 2;
  }
  const size_t lost = sent - wires.host.got.size();
  EXPECT_GT(lost, 5u);
  EXPECT_LT(lost, 40u);
  EXPECT_EQ(wires.probes.count(Probe::kFromTheDead), 60 - lost);
  // A receiver that has died too gets nothing, and its successor gets nothing half-way.
  wires.host.got.clear();
  for (int i = 0; i < 20; ++i) {
    wires.Send("first");
    wires.Wait(100 * kMillisecond);
    wires.Send("last words");
    wires.network.CloseAll(NodeId(1));
    wires.network.CloseAll(NodeId(2));
    wires.Wait(100 * kMillisecond);
  }
  EXPECT_EQ(wires.host.got, std::vector<std::string>(20, "first"));
}

TEST(NetworkTest, CorruptBytesNeverArriveAndCloseTheConnection) {
  NetworkOptions options;
  options.corrupt = Ratio{1, 3};
  Wires wires(Only(FaultKind::kNetCorrupt), options);
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    sent.push_back("message number " + std::to_string(i));
    wires.Send(sent.back());
    wires.Wait(100 * kMillisecond);
  }
  EXPECT_GT(wires.probes.count(Probe::kFramesCorrupt), 20u);
  EXPECT_GT(wires.host.got.size(), 50u);
  for (const std::string& got : wires.host.got) {
    EXPECT_NE(std::find(sent.begin(), sent.end(), got), sent.end()) << got;
  }
}

TEST(NetworkTest, DuplicatesArriveAndLateOnesAreReordered) {
  FaultSet faults = Only(FaultKind::kNetDuplicate);
  faults.Add(FaultKind::kNetReorder);
  NetworkOptions options;
  options.duplicate = Ratio{1, 4};
  options.reorder = Ratio{1, 4};
  Wires wires(faults, options);
  for (int i = 0; i < 100; ++i) wires.Send("m" + std::to_string(1000 + i));
  wires.RunAll();
  EXPECT_GT(wires.host.got.size(), 100u - 70u);
  std::vector<std::string> sorted = wires.host.got;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_NE(sorted, wires.host.got);
  EXPECT_NE(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
}

TEST(NetworkTest, HalfOpenConnectionSwallowsUntilTheSenderNotices) {
  Wires wires{FaultSet()};
  wires.Send("a");
  wires.RunAll();
  wires.network.HalfOpen(NodeId(1), NodeId(2), wires.world.now() + kSecond);
  wires.Send("b");
  wires.RunAll();
  EXPECT_EQ(wires.host.got.size(), 1u);
  wires.Wait(2 * kSecond);
  wires.Send("c");  // finds out
  wires.Wait(kSecond);
  wires.Send("d");
  wires.RunAll();
  EXPECT_EQ(wires.host.got, (std::vector<std::string>{"a", "d"}));
}

TEST(NetworkTest, CloggedDirectionDelivers) {
  Wires wires{FaultSet()};
  wires.Send("a");
  wires.RunAll();
  const Micros until = wires.world.now() + kSecond;
  wires.network.Clog(NodeId(1), NodeId(2), until);
  wires.Send("b");
  wires.RunAll();
  EXPECT_EQ(wires.host.got.back(), "b");
  EXPECT_GE(wires.world.now(), until);
}

TEST(NetworkTest, MastersConfiguredDifferentlyDoNotTalk) {
  Wires wires{FaultSet()};
  wires.host.stranger = NodeId(1);
  wires.Send("a");
  wires.RunAll();
  EXPECT_TRUE(wires.host.got.empty());
}

TEST(NetworkTest, NobodyListens) {
  Wires wires{FaultSet()};
  wires.host.down = NodeId(2);
  wires.Send("a");
  wires.RunAll();
  wires.host.down = NodeId();
  wires.Wait(kSecond);
  wires.Send("b");
  wires.RunAll();
  EXPECT_EQ(wires.host.got, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace jfs::sim
