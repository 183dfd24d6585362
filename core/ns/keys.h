#ifndef CORE_NS_KEYS_H_
#define CORE_NS_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/ns/request.h"

// The keys of the namespace's rows: one prefix byte, then big-endian numbers
// (docs/formats/state.md). All prefixes from 'a' to 'z' belong to the namespace; others share the
// same column family with prefixes outside that range.
namespace jfs::ns {

enum class Prefix : char {
  kBlock = 'b',          // file id, index            -> a block beyond the inline ones
  kDirectory = 'd',      // directory id              -> its own attributes and direct counts
  kEntry = 'e',          // directory id, name        -> a file's inode, or a directory's id
  kFilePlace = 'f',      // file id                   -> where its entry is
  kPendingDelete = 'g',  // inode id                  -> an unlinked inode whose rows remain
  kMeta = 'm',           // one of MetaRow            -> allocators, times, limits, ...
  kNamespace = 'n',      // namespace id              -> name, root
  kOpenFile = 'o',       // file id                   -> where its entry is, who writes it
  kRetry = 'r',          // log index, ordinal        -> a remembered call and its reply
  kOutbox = 'u',         // last sequence in it       -> what an entry did to the mirrored rows
  kXAttr = 'x',          // inode id, space, name     -> the value of an extended attribute
};

enum class MetaRow : uint8_t {
  kSchema = 0,     // schema version and feature level
  kCounters = 1,   // lineage, sequence, allocators, times
  kLimits = 2,     // SetLimits
  kStateHash = 3,  // the sum over all other rows; not part of the sum
  kMirror = 4,     // whether there is a mirror, and how far it is
  kRecovery = 5,   // what is being recovered from a mirror; none in an ordinary store
};

std::string MetaKey(MetaRow row);
std::string NamespaceKey(NamespaceId id);
std::string EntryKey(InodeId directory, std::string_view name);
std::string DirectoryKey(InodeId id);
std::string BlockKey(InodeId file, uint32_t index);
std::string FilePlaceKey(InodeId file);
std::string OpenFileKey(InodeId file);
std::string PendingDeleteKey(InodeId id);
std::string XAttrKey(InodeId inode, const XAttrName& name);
std::string RetryKey(uint64_t index, uint32_t ordinal);
std::string OutboxKey(uint64_t last_sequence);

// How many bytes at the beginning `key` shares with the keys that are likely to be written right
// before and after it: the entries of a directory come one after the other, and so does whatever is
// numbered in sequence. For stores that can make use of it; any key will do.
size_t InsertGroupBytes(std::string_view key);

// First key behind all keys that start with `prefix`, for scans. REQUIRES: `prefix` has a byte
// below 0xff.
std::string EndOf(std::string prefix);
std::string PrefixOf(Prefix prefix);
std::string EntriesOf(InodeId directory);  // what the keys of all entries start with
std::string BlocksOf(InodeId file);
std::string XAttrsOf(InodeId inode);

// Take a key apart; false if it is not of that kind.
bool ParseEntryKey(std::string_view key, InodeId* directory, std::string_view* name);
bool ParseNamespaceKey(std::string_view key, NamespaceId* id);
bool ParseInodeKey(std::string_view key, Prefix prefix, InodeId* id);
bool ParseBlockKey(std::string_view key, InodeId* file, uint32_t* index);
bool ParseXAttrKey(std::string_view key, InodeId* inode, XAttrName* name);
bool ParseRetryKey(std::string_view key, uint64_t* index, uint32_t* ordinal);
bool ParseOutboxKey(std::string_view key, uint64_t* last_sequence);

// For messages: the prefix letter and the rest in hex, names in entries as they are.
std::string KeyText(std::string_view key);

}  // namespace jfs::ns

#endif  // CORE_NS_KEYS_H_
