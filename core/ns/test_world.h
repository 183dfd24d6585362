#ifndef CORE_NS_TEST_WORLD_H_
#define CORE_NS_TEST_WORLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mutation.h"
#include "core/kv/memory_store.h"
#include "core/ns/namespace.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"

namespace jfs::ns {

inline Caller Superuser() { return {"root", {"supergroup"}, true, "10.0.0.1"}; }
inline Caller User(std::string name, std::vector<std::string> groups = {"users"}) {
  return {std::move(name), std::move(groups), false, "10.0.0.2"};
}

// Entries as getfacl writes them, separated by commas:
// "user:bob:rwx,group::r-x,default:other::---". The permission may be missing, as removeAclEntries
// has it.
std::vector<AclEntry> AclOf(std::string_view text);
std::string AclText(const std::vector<AclEntry>& entries);

// A namespace over a store in memory, and the verbs that tests are written in. Every verb that
// should succeed dies if it does not.
class TestWorld {
 public:
  // With namespace 1, called "test".
  explicit TestWorld(Mutations mutations = Mutations());
  // The same, with a mirror to be fed.
  explicit TestWorld(SetMirror mirror);
  // In which nothing has happened yet.
  struct Empty {};
  explicit TestWorld(Empty) { Reopen(); }

  // Applies one entry with one command and writes the batch.
  Reply Run(Operation operation, Caller caller = Superuser(), CallId call = {});
  std::vector<Reply> Run(const CommandBatch& batch);
  Reply Ask(Query query, Caller caller = Superuser()) const;

  // Makes what `text` says: "/d/ /d/f=0600,alice,users,1000": directories end with a slash; mode,
  // owner, group and length of a file may follow.
  void Make(std::string_view text);
  // All paths in the same form, without attributes, in order: "/d/ /d/f". An empty tree is "".
  std::string Tree() const;
  // Rows of the tree itself, which a mirror has.
  kv::MemoryStore::Map TreeRows() const;

  // Drops the memory and rebuilds it from the rows.
  void Reopen();
  // One finding a line; empty is clean.
  std::string Findings() const;
  // Commands until nothing is pending, `rows` at a time; returns how many it took.
  int FinishAllDeletes(uint32_t rows);

  Namespace& ns() { return *namespace_; }
  kv::MemoryStore& store() { return store_; }
  const kv::MemoryStore& store() const { return store_; }
  uint64_t wall = 1'000'000;
  uint64_t elapsed_millis = 0;  // of the batches that Run makes itself
  uint64_t index = 0;           // of the last entry

 private:
  void Append(const std::string& directory, std::string* text) const;

  Mutations mutations_;
  kv::MemoryStore store_;
  std::unique_ptr<Namespace> namespace_;
};

}  // namespace jfs::ns

#endif  // CORE_NS_TEST_WORLD_H_
