#ifndef SIM_MODEL_GENERATOR_H_
#define SIM_MODEL_GENERATOR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
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
  // One that is no path of the tree, or another way to write one.
  std::string ReservedPath();
  std::string Disfigure(std::string path);
  const Place& Existing(bool directory);
  // A file that is open, or is not, if there is one.
  const Place& ExistingFile(bool open);
  void Look(const ReferenceNamespace& model, ns::NamespaceId ns);
  uint16_t Mode();
  std::string Writer();
  // What the leader may say of the lease of the file at `path`: mostly nothing.
  ns::LeaseId Verdict(const std::string& path);

  // generator_calls.cc
  ns::Operation AnyOperation();
  ns::Operation AnyCreate();
  ns::Operation AnyMove();
  ns::Operation AnyImport();
  ns::Operation AnyWrite();
  ns::Operation AnyBlockCall(const Place& place, std::string path, ns::InodeId id,
                             std::string holder, std::optional<ns::Block> last);
  ns::Operation AnyContentCall();
  ns::Operation AnyConcat();
  ns::Operation AnyLeaseCall();
  ns::Operation AnyAttributeCall();
  ns::Operation AnyQuota();
  ns::Operation AnyAcl();
  ns::Operation AnyXAttr();
  std::vector<ns::AclEntry> AclEntries();
  ns::XAttrName XAttrName();
  ns::Query AnyQuery();

  Random random_;
  uint64_t namespaces_ = 1;
  ns::SetLimits limits_;
  uint64_t wall_ = 1'700'000'000'000;
  int32_t next_call_ = 0;
  std::deque<ns::Command> recent_;
  // What the model holds at the moment, in path order.
  std::vector<Place> places_;
  std::map<std::string, ns::LeaseId> leases_;
  bool safe_mode_ = false;
};

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_GENERATOR_H_
