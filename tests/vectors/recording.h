#ifndef TESTS_VECTORS_RECORDING_H_
#define TESTS_VECTORS_RECORDING_H_

#include <string>
#include <vector>

// Conversations recorded between stock clients and a real NameNode (hdfs/README.md), read into
// memory.
namespace jfs::vectors {

struct Message {
  std::string connection;
  bool from_client = false;
  std::string kind;   // "ipc.call mkdirs"
  std::string bytes;  // with framing
};

struct Scenario {
  std::string file, name;
  std::vector<Message> messages;
};

// All messages on connections to the NameNode, in order. Dies if the file is not as hdfs/README.md
// says: it is part of the test.
std::vector<Scenario> LoadScenarios(const std::string& file);

}  // namespace jfs::vectors

#endif  // TESTS_VECTORS_RECORDING_H_
