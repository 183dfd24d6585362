#ifndef CORE_NS_ERROR_TEXT_H_
#define CORE_NS_ERROR_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/ns/reply.h"

namespace jfs::ns {

// What a Hadoop client gets to see of a refusal: the Java class that its stub rebuilds, and the
// message (hdfs-client-protocol 3 and 4).
struct ErrorText {
  std::string java_class;
  std::string message;
};

// A pure function of its arguments. An argument that is missing shows as nothing, so that a reply
// from a newer version still gives a readable text. REQUIRES: code is not kOk.
ErrorText TextOf(Code code, const std::vector<std::string>& arguments);

// Cuts what is longer than `max_bytes` there, between two characters of UTF-8, and adds "...".
void CutText(size_t max_bytes, std::string* text);

// The constant's name, for logs and tests: "kFileNotFound". Numbers that this version does not know
// give "code N".
std::string CodeName(Code code);

// Whether `number` is a code that this version knows, kOk included.
bool IsKnownCode(uint64_t number);

}  // namespace jfs::ns

#endif  // CORE_NS_ERROR_TEXT_H_
