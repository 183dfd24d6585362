#ifndef SIM_MODEL_GENERATOR_H_
#define SIM_MODEL_GENERATOR_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/ns/request.h"
#include "sim/model/reference_namespace.h"
#include "sim/model/tree.h"

// Calls that namespaces find hard: by several users, on a tree small enough that they meet.
namespace jfs::sim::model {

// Everything it draws follows from the seed and from the model it looks at.
class Generator {
 public:
  explicit Generator(uint64_t seed);

  // The first entry: namespaces and limits, which differ from seed to seed.
  ns::CommandBatch Formation();
  // The next entry, drawn with a view of what exists by now. About one command in twelve repeats an
  // earlier one.
  ns::CommandBatch Next(const ReferenceNamespace& model);
  ns::ReadRequest Read(const ReferenceNamespace& model);

  static ns::Caller Superuser();

 private:
  struct Place {
    Names names;
    Tree node;
  };

  ns::Caller AnyCaller();
  ns::CallId AnyCallId();
  std::string Name();
  // A path that exists, may exist, or cannot; `fresh` prefers names not yet taken.
  std::string Path(bool fresh);
  std::string Disfigure(std::string path);
  const Place& Existing(bool directory);
  ns::Operation AnyOperation();
  ns::Operation AnyWrite();
  void Look(const ReferenceNamespace& model, ns::NamespaceId ns);
  uint16_t Mode();

  Random random_;
  uint64_t namespaces_ = 1;
  ns::SetLimits limits_;
  uint64_t wall_ = 1'700'000'000'000;
  int32_t next_call_ = 0;
  std::deque<ns::Command> recent_;
  // What the model holds at the moment, in path order.
  std::vector<Place> places_;
};

// One line, for messages: the operation's name and fields.
std::string Describe(const ns::Command& command);
std::string Describe(const ns::ReadRequest& request);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_GENERATOR_H_
