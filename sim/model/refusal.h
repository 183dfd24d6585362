#ifndef SIM_MODEL_REFUSAL_H_
#define SIM_MODEL_REFUSAL_H_

#include <string>
#include <utility>
#include <vector>

namespace jfs::sim::model {

// What a call is refused with, as a Hadoop client would see it: a Java class and the first line of
// its message. The model throws it, as the original does: a refused command then leaves nothing
// behind but what was kept on purpose, and each rule is one line.
struct Refusal {
  std::string exception;
  std::string message;
  // Further messages of the same class that would be right as well, where the protocol's
  // description leaves the choice: which of several unreadable directories is named, or where its
  // text and recorded answers differ.
  std::vector<std::string> also = {};
  // The protocol's description has no text for this case: any message of this class is right.
  bool any_message = false;

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

inline Refusal IOException(std::string message) {
  return {"java.io.IOException", std::move(message)};
}
inline Refusal Retriable(std::string message) {
  return {"org.apache.hadoop.ipc.RetriableException", std::move(message)};
}
inline Refusal FileNotFound(std::string message) {
  return {"java.io.FileNotFoundException", std::move(message)};
}
inline Refusal FileAlreadyExists(std::string message) {
  return {"org.apache.hadoop.fs.FileAlreadyExistsException", std::move(message)};
}
inline Refusal ParentNotDirectory(std::string message) {
  return {"org.apache.hadoop.fs.ParentNotDirectoryException", std::move(message)};
}
inline Refusal InvalidPath(std::string message) {
  return {"org.apache.hadoop.fs.InvalidPathException", std::move(message)};
}
inline Refusal NotEmpty(std::string message) {
  return {"org.apache.hadoop.fs.PathIsNotEmptyDirectoryException", std::move(message)};
}
inline Refusal AccessControl(std::string message) {
  return {"org.apache.hadoop.security.AccessControlException", std::move(message)};
}
inline Refusal AlreadyBeingCreated(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException", std::move(message)};
}
inline Refusal RecoveryInProgress(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.RecoveryInProgressException", std::move(message)};
}
inline Refusal IllegalArgument(std::string message) {
  return {"org.apache.hadoop.HadoopIllegalArgumentException", std::move(message)};
}
inline Refusal JavaIllegalArgument(std::string message) {
  return {"java.lang.IllegalArgumentException", std::move(message)};
}
inline Refusal PathNotDirectory(std::string message) {
  return {"org.apache.hadoop.fs.PathIsNotDirectoryException", std::move(message)};
}
inline Refusal NameQuotaExceeded(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.NSQuotaExceededException", std::move(message)};
}
inline Refusal SpaceQuotaExceeded(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.DSQuotaExceededException", std::move(message)};
}
inline Refusal AclException(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.AclException", std::move(message)};
}
inline Refusal XAttrNotFound(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.XAttrNotFoundException", std::move(message)};
}
inline Refusal SafeMode(std::string message) {
  return {"org.apache.hadoop.hdfs.server.namenode.SafeModeException", std::move(message)};
}
inline Refusal SnapshotReadOnly() {
  return {"org.apache.hadoop.hdfs.protocol.SnapshotAccessControlException",
          "Modification on a read-only snapshot is disallowed"};
}
inline Refusal SnapshotException(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.SnapshotException", std::move(message)};
}
inline Refusal StartAfterNotFound(std::string message) {
  return {"org.apache.hadoop.fs.DirectoryListingStartAfterNotFoundException", std::move(message)};
}
// A refusal whose wording is left open.
inline Refusal WithAnyMessage(Refusal refusal) {
  refusal.any_message = true;
  return refusal;
}
inline Refusal LeaseExpired(std::string message) {
  return {"org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException", std::move(message)};
}
inline Refusal NameTooLong(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException",
          std::move(message)};
}
inline Refusal DirectoryFull(std::string message) {
  return {"org.apache.hadoop.hdfs.protocol.FSLimitException$MaxDirectoryItemsExceededException",
          std::move(message)};
}

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_REFUSAL_H_
