#include "tests/vectors/same_answer.h"

#include <cctype>
#include <vector>

#include "google/protobuf/descriptor.h"

#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/hdfs.pb.h"

namespace jfs::vectors {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::unique_ptr<Message> New(const std::string& name) {
  // Refers to a message of each file, so that its descriptors are linked in.
  const auto* pool = hadoop::hdfs::MkdirsRequestProto::descriptor()->file()->pool();
  const Descriptor* type = pool->FindMessageTypeByName("hadoop.hdfs." + name);
  if (type == nullptr) return nullptr;
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  return std::unique_ptr<Message>(factory->GetPrototype(type)->New());
}

std::string Capital(std::string method) {
  method[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(method[0])));
  return method;
}

// Calls `visit` for `message` and every message inside it, outermost first.
template <typename Visit>
void ForEach(Message* message, const Visit& visit) {
  visit(message);
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      ForEach(reflection->MutableMessage(message, field), visit);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      ForEach(reflection->MutableRepeatedMessage(message, field, i), visit);
    }
  }
}

// All messages of type T inside `message`, in order.
template <typename T>
std::vector<T*> All(Message* message) {
  std::vector<T*> found;
  ForEach(message, [&](Message* at) {
    if (auto* wanted = dynamic_cast<T*>(at); wanted != nullptr) found.push_back(wanted);
  });
  return found;
}

}  // namespace

std::unique_ptr<Message> NewRequest(const std::string& method) {
  if (method == "getFsStats") return New("GetFsStatusRequestProto");
  return New(Capital(method) + "RequestProto");
}

std::unique_ptr<Message> NewResponse(const std::string& method) {
  return New(Capital(method) + "ResponseProto");
}

void Translate(const Ids& ids, Message* request) {
  for (auto* block : All<hadoop::hdfs::ExtendedBlockProto>(request)) {
    const uint64_t recorded = block->blockid();
    const auto ours = ids.blocks.find(recorded);
    if (ours == ids.blocks.end()) continue;
    block->set_blockid(ours->second);
    block->set_generationstamp(ids.stamps.at(recorded));
  }
  const FieldDescriptor* field = request->GetDescriptor()->FindFieldByName("fileId");
  if (field == nullptr) return;
  const auto* reflection = request->GetReflection();
  const auto ours = ids.inodes.find(reflection->GetUInt64(*request, field));
  if (ours != ids.inodes.end()) reflection->SetUInt64(request, field, ours->second);
}

void Learn(const Message& recorded, const Message& ours, Ids* ids) {
  const std::unique_ptr<Message> theirs_copy(recorded.New());
  const std::unique_ptr<Message> ours_copy(ours.New());
  theirs_copy->CopyFrom(recorded);
  ours_copy->CopyFrom(ours);
  const auto their_files = All<hadoop::hdfs::HdfsFileStatusProto>(theirs_copy.get());
  const auto our_files = All<hadoop::hdfs::HdfsFileStatusProto>(ours_copy.get());
  for (size_t i = 0; i < their_files.size() && i < our_files.size(); ++i) {
    ids->inodes[their_files[i]->fileid()] = our_files[i]->fileid();
  }
  const auto their_blocks = All<hadoop::hdfs::ExtendedBlockProto>(theirs_copy.get());
  const auto our_blocks = All<hadoop::hdfs::ExtendedBlockProto>(ours_copy.get());
  for (size_t i = 0; i < their_blocks.size() && i < our_blocks.size(); ++i) {
    ids->blocks[their_blocks[i]->blockid()] = our_blocks[i]->blockid();
    ids->stamps[their_blocks[i]->blockid()] = our_blocks[i]->generationstamp();
  }
}

std::string Essence(const Message& answer, bool of_root) {
  const std::unique_ptr<Message> copy(answer.New());
  copy->CopyFrom(answer);
  for (auto* status : All<hadoop::hdfs::HdfsFileStatusProto>(copy.get())) {
    status->clear_fileid();
    // A time is there or not; which one is the clock's affair.
    status->set_modification_time(status->modification_time() == 0 || of_root ? 0 : 1);
    status->set_access_time(status->access_time() == 0 ? 0 : 1);
    if (of_root) status->clear_childrennum();
    // Of the root a NameNode says that it could have snapshots; ours cannot.
    status->set_flags(status->flags() &
                      ~uint32_t{hadoop::hdfs::HdfsFileStatusProto::SNAPSHOT_ENABLED});
  }
  for (auto* block : All<hadoop::hdfs::LocatedBlockProto>(copy.get())) {
    block->clear_locs();
    block->clear_iscached();
    block->clear_storagetypes();
    block->clear_storageids();
  }
  for (auto* block : All<hadoop::hdfs::ExtendedBlockProto>(copy.get())) {
    block->set_blockid(0);
    block->set_generationstamp(0);
  }
  if (auto* added = dynamic_cast<hadoop::hdfs::AddBlockResponseProto*>(copy.get())) {
    // Where a new block will begin in the file: we do not say, and writers count for themselves.
    added->mutable_block()->set_offset(0);
  }
  if (auto* stats = dynamic_cast<hadoop::hdfs::GetFsStatsResponseProto*>(copy.get())) {
    // The numbers are those of the recorded machine and its data node; which there are is what
    // clients depend on.
    const auto* reflection = stats->GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(*stats, &fields);
    for (const FieldDescriptor* field : fields) reflection->SetUInt64(stats, field, 0);
  }
  return copy->DebugString();
}

}  // namespace jfs::vectors
