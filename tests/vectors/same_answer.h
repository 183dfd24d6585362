#ifndef TESTS_VECTORS_SAME_ANSWER_H_
#define TESTS_VECTORS_SAME_ANSWER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "google/protobuf/message.h"

// When two answers of different servers say the same.
namespace jfs::vectors {

// Numbers that the recorded server gave out, and what ours are called instead.
struct Ids {
  std::map<uint64_t, uint64_t> inodes;
  std::map<uint64_t, uint64_t> blocks;
  std::map<uint64_t, uint64_t> stamps;  // by recorded block
};

// An empty message of the type that a method's request or response has; null for a method we have
// no messages for.
std::unique_ptr<google::protobuf::Message> NewRequest(const std::string& method);
std::unique_ptr<google::protobuf::Message> NewResponse(const std::string& method);

// Replaces recorded numbers in a request by ours.
void Translate(const Ids& ids, google::protobuf::Message* request);

// Learns from a pair of answers to one call which of our numbers stands for which recorded one.
void Learn(const google::protobuf::Message& recorded, const google::protobuf::Message& ours,
           Ids* ids);

// The answer with everything left out in which servers may differ: ids, stamps, times other than
// "none", and where blocks are. Of the root also its time and how many children it has, which is
// the state before the scenario.
std::string Essence(const google::protobuf::Message& answer, bool of_root);

}  // namespace jfs::vectors

#endif  // TESTS_VECTORS_SAME_ANSWER_H_
